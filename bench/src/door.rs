use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;

/// Opens a publishing door on loopback: every message is a line. `publish` gets all lines that have come, together,
/// as a store's commit brings together what has gathered.
pub async fn open(publish: impl FnMut(&[Vec<u8>]) + Send + 'static) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        if let Err(error) = serve(&listener, publish).await {
            eprintln!("the publishing door: {error}");
        }
    });
    Ok(address)
}

/// One publisher after another.
async fn serve(listener: &TcpListener, mut publish: impl FnMut(&[Vec<u8>])) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let mut reader = BufReader::with_capacity(64 * 1024, stream);
        let mut rest = Vec::new();
        loop {
            let come = reader.fill_buf().await?;
            if come.is_empty() {
                break;
            }
            let length = come.len();
            rest.extend_from_slice(come);
            reader.consume(length);
            let mut lines: Vec<Vec<u8>> = rest.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            rest = lines.pop().unwrap_or_default();
            if !lines.is_empty() {
                publish(&lines);
            }
        }
    }
}
