use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::gate::{Asked, Signed, refused_page, to};
use super::pages::{AccountPage, AccountTold, Refused, render_account};
use crate::desk::check_new;
use crate::domain::StaffWrite;
use crate::live::lock;

/// `GET /desk/account`.
pub async fn page(asked: Asked) -> HttpResponse {
    let told = match asked.request.query_string() {
        "done=password" => Some(AccountTold::Changed),
        "done=sessions" => Some(AccountTold::Ended),
        _ => None,
    };
    shown(&asked, StatusCode::OK, told)
}

fn shown(asked: &Asked, status: StatusCode, told: Option<AccountTold>) -> HttpResponse {
    match &asked.signed {
        Some(signed) => {
            let user = &signed.session.user;
            asked.page(status, render_account(asked, &AccountPage { user, told }))
        }
        None => to("/desk"),
    }
}

/// `POST /desk/account/password`. Whoever found an open browser does not know the old one.
pub async fn password_sent(asked: Asked) -> HttpResponse {
    let Some(signed) = asked.signed.clone() else { return to("/desk") };
    match change(&asked, &signed).await {
        Ok(()) => to("/desk/account?done=password"),
        Err(AccountTold::Later) => refused_page(&asked.context, Refused::TryLater),
        Err(told) => shown(&asked, StatusCode::UNPROCESSABLE_ENTITY, Some(told)),
    }
}

async fn change(asked: &Asked, signed: &Signed) -> Result<(), AccountTold> {
    let (state, now, user) = (&asked.state, asked.context.now, &signed.session.user);
    let tried = lock(&state.names).begin(user.name.clone(), now).map_err(|_wait_s| AccountTold::Later)?;
    let old = asked.field("old").to_owned();
    let is_right = state.passwords.is_right(old, Some(user.password.clone())).await;
    if is_right == Ok(false) {
        return Err(AccountTold::WrongOld);
    }
    lock(&state.names).take_back(&user.name, tried);
    is_right.map_err(|_busy| AccountTold::Later)?;
    let new = asked.field("new").to_owned();
    check_new(&new, user.name.as_str()).map_err(AccountTold::Unfit)?;
    let random = (state.entropy)().ok_or(AccountTold::Later)?;
    let mut salt = [0; 16];
    salt.copy_from_slice(random.get(..16).ok_or(AccountTold::Later)?);
    let password = state.passwords.hash(new, salt).await.map_err(|_busy| AccountTold::Later)?;
    let keep = Some(signed.token.hash());
    let write = StaffWrite::Password { name: user.name.clone(), password, forget_second: false, keep };
    state.staff.write(signed.actor(), write).await.map_err(|_unwritten| AccountTold::Later)?;
    Ok(())
}

/// `POST /desk/account/sessions`.
pub async fn end_others(asked: Asked) -> HttpResponse {
    let Some(signed) = &asked.signed else { return to("/desk") };
    let write = StaffWrite::CloseOthers { user: signed.session.user.id, keep: signed.token.hash() };
    match asked.state.staff.write(signed.actor(), write).await {
        Ok(_) => to("/desk/account?done=sessions"),
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}
