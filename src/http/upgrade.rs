use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;

use actix_codec::Framed;
use actix_http::body::MessageBody;
use actix_http::h1::{Codec, Message};
use actix_http::{ConnectionType, HttpMessage, Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, fn_factory, fn_service};
use actix_web::dev::ServiceResponse;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, SinkExt};
use tokio_util::codec::Encoder;

use super::connections::Watched;
use super::websocket::Opening;

/// A request that asks to leave HTTP, and its connection.
type Leaving = (Request, Framed<Watched, Codec>);

/// Said of a request whose connection can leave HTTP when it is granted. A head that looks like a handshake and has a body
/// too is none to the library: it would be switched and then never read.
pub struct Leaves;

/// What answers requests that ask to leave HTTP. The application answers them like any other; when it grants a session,
/// the connection's socket goes to a task of the session's own, and HTTP's buffers and timers are given back. A
/// connection that was refused is closed after the answer.
pub fn service<F, S, B>(
    application: F,
) -> impl ServiceFactory<
    Leaving,
    Config = (),
    Response = (),
    Error = actix_web::Error,
    InitError = S::InitError,
    Future = impl Future + 'static,
>
where
    F: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = (), Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::InitError: Debug,
    B: MessageBody + 'static,
{
    let application = application.into_factory();
    fn_factory(move || {
        let application = application.new_service(());
        async move {
            let application = Rc::new(application.await?);
            Ok(fn_service(move |(request, connection): Leaving| {
                let application = Rc::clone(&application);
                // Boxed, so that connections that stay with HTTP have no room for it.
                let answer: LocalBoxFuture<'static, _> = async move {
                    request.extensions_mut().insert(Leaves);
                    match application.call(request).await {
                        Ok(response) => answer(response.into(), connection).await,
                        Err(error) => answer(error.error_response().into(), connection).await,
                    }
                }
                .boxed_local();
                answer
            }))
        }
    })
}

async fn answer<B: MessageBody>(
    response: Response<B>,
    mut connection: Framed<Watched, Codec>,
) -> Result<(), actix_web::Error> {
    let (mut head, body) = response.into_parts();
    let opening = head.extensions_mut().remove::<Opening>();
    if let Some(opening) = opening {
        let mut parts = connection.into_parts();
        // Behind what is left of the answer before it.
        let mut bytes = parts.write_buf;
        parts.codec.encode(Message::Item((head, body.size())), &mut bytes)?;
        let (socket, connection) = parts.io.into_parts();
        actix_web::rt::spawn(opening.over(socket, connection, bytes.freeze(), &parts.read_buf));
        return Ok(());
    }
    head.head_mut().set_connection_type(ConnectionType::Close);
    connection.send(Message::Item((head, body.size()))).await?;
    let mut body = pin!(body);
    while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        connection.send(Message::Chunk(Some(chunk.map_err(Into::into)?))).await?;
    }
    connection.send(Message::Chunk(None)).await?;
    Ok(connection.close().await?)
}
