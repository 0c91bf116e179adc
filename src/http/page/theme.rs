use crate::domain::City;

/// The city's colours as the two custom properties that every other style is made from.
/// Colours are checked when the city's file is read; one that is not `#rrggbb` never reaches the style sheet.
pub fn theme_css(city: &City) -> String {
    let (light, dark) = (colour(&city.look.accent, LIGHT), colour(&city.look.accent_dark, DARK));
    format!(":root{{--accent:{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}\n")
}

/// The greys that stand in for a colour that is none: 4.5:1 and more on the paper of their theme.
pub const LIGHT: &str = "#595959";
pub const DARK: &str = "#b3b3b3";

/// The colour, or the stand-in.
pub fn colour<'a>(text: &'a str, instead: &'a str) -> &'a str {
    let sound = text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit());
    if sound { text } else { instead }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_colour_reaches_the_style_sheet() {
        assert_eq!(colour("#0f5c46", LIGHT), "#0f5c46");
        for hostile in ["red", "#fff", "#12345g", "#0f5c46;}", "#é1234", "}*{display:none}"] {
            assert_eq!(colour(hostile, LIGHT), LIGHT, "{hostile}");
        }
    }
}
