//! The pages that citizens read, as text: template data, words, dates, outlines, and the handlers that fill them.
//!
//! Owns what stands on a page and how it reads in each language of the interface. Does not own JSON, the live
//! channel, security headers or rate limits, and decides about no post.
//! Invariant: a page is a pure function of what it is given; the same city, posts, filter and instant give the same
//! bytes, and nothing in them executes (the policy `default-src 'none'` holds on every page).

mod about;
mod account;
mod address;
mod ask;
mod assets;
mod calendar;
mod card;
mod cities;
mod city;
mod context;
mod filters;
mod frame;
mod handlers;
mod hours;
mod leave;
mod leave_handlers;
mod map;
mod moderation;
mod notices;
mod outline;
mod people;
mod recipe;
mod register;
mod rhythm;
mod sections;
mod sources;
mod text;
mod theme;
mod trouble;
mod visit;
mod when;
mod why;
mod words;

#[cfg(test)]
mod tests;

pub use about::{Charter, render_about, render_accessibility, render_privacy};
pub use address::Address;
pub use ask::{AskPage, render_ask};
pub use calendar::Calendar;
pub use card::{PageRenderer, network_name};
pub use cities::{CityGlance, render_cities};
pub use city::{CityPage, render_city};
pub use context::{Cities, Conformity, DemoNote, PageContext, PageSettings, RetentionDays};
pub use filters::language_name;
pub use frame::Frame;
pub use handlers::{PageState, configure};
pub use hours::duration;
pub use leave::{LEAVE_FORM_BYTES_MAX, LeaveForm, LeavePage, LeaveProblem, render_leave, render_leave_done};
pub use moderation::{
    AppealPage, COMPLAINT_FORM_BYTES_MAX, ComplaintForm, FollowedPage, LogPage, Problem, ReportPage, decisions_sheet,
    ending_name, measure_name, motive_name, render_appeal, render_followed, render_log, render_report, render_withheld,
};
pub use outline::{Emblems, Outline, icon_svg};
pub use people::render_people;
pub use recipe::render_recipe;
pub use register::{RegisterPage, render_register};
pub use sources::{SourceView, is_trouble, render_sources, source_views, state_sentence};
pub use text::web_address;
pub use theme::theme_css;
pub use trouble::{Trouble, render_trouble};
pub use visit::html_of_desk;
pub use why::render_why;
pub use words::{Language, Words};
