//! What is asked of whoever sits at the terminal.
//!
//! Owns the words of the questions and how answers are read. Does not own what follows from them. Invariant: where nobody
//! answers (a closed input), the answer is the one that shows nothing that was not asked for.

use std::io::{BufRead, IsTerminal, Write};

use super::feeds::Proposed;
use crate::domain::Lane;

/// Whether there is somebody to ask.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// The answer to a question, without the space around it; `None` when nobody gives one.
fn answer(question: &str, input: &mut impl BufRead) -> Option<String> {
    print!("{question} ");
    std::io::stdout().flush().ok()?;
    let mut answer = String::new();
    let read = input.read_line(&mut answer).ok()?;
    (read > 0).then(|| answer.trim().to_owned())
}

/// Which of `count` listed places is meant, from 0.
pub fn which(count: usize, input: &mut impl BufRead) -> Option<usize> {
    loop {
        let answer = answer(&format!("Which one (1 to {count}; nothing: none)?"), input)?;
        if answer.is_empty() {
            return None;
        }
        let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some(number) = number.filter(|number| *number < count) {
            return Some(number);
        }
    }
}

pub fn site(input: &mut impl BufRead) -> Option<String> {
    answer("The town's own site, whose feeds are looked for (nothing: none):", input).filter(|site| !site.is_empty())
}

pub fn yes(question: &str, input: &mut impl BufRead) -> bool {
    loop {
        match answer(&format!("{question} [Y/n]"), input).as_deref() {
            None | Some("n" | "N" | "no" | "non") => return false,
            Some("" | "y" | "Y" | "yes" | "o" | "O" | "oui") => return true,
            Some(_) => {}
        }
    }
}

/// Which feeds are shown, and where: as proposed, but for what the answer says otherwise.
pub fn feeds(proposed: Vec<Proposed>, input: &mut impl BufRead) -> Vec<Proposed> {
    let width = proposed.iter().map(|feed| feed.feed.title.chars().count()).max().unwrap_or_default();
    for (number, Proposed { feed, lane }) in proposed.iter().enumerate() {
        let shown = match lane {
            Some(Lane::Press) => "press",
            Some(Lane::Agenda) => "agenda",
            Some(Lane::People) => "blogs, associations",
            Some(_) => "information",
            None => "not shown",
        };
        println!("  {}  {:width$}  {}  ({shown})", number.saturating_add(1), feed.title, feed.url);
    }
    println!("Enter takes them so. Else say which are otherwise, as in \"1n 2a\":");
    loop {
        let words = "i information, p press, a agenda, b blogs and associations, n not shown:";
        let Some(answer) = answer(words, input) else {
            return proposed.into_iter().map(|feed| Proposed { lane: None, ..feed }).collect();
        };
        let mut chosen = proposed.clone();
        if answer.split_whitespace().all(|word| amend(&mut chosen, word).is_some()) {
            return chosen;
        }
    }
}

/// `2a`: the second is shown in the agenda.
fn amend(feeds: &mut [Proposed], word: &str) -> Option<()> {
    let lane = match word.chars().next_back()? {
        'i' => Some(Lane::Info),
        'p' => Some(Lane::Press),
        'a' => Some(Lane::Agenda),
        'b' => Some(Lane::People),
        'n' => None,
        _ => return None,
    };
    let number: usize = word.get(..word.len().checked_sub(1)?)?.parse().ok()?;
    feeds.get_mut(number.checked_sub(1)?)?.lane = lane;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::sources::feed::Named;

    fn proposed() -> Vec<Proposed> {
        let feed = |path: &str| Named { url: format!("https://ville.example/{path}"), title: path.into() };
        vec![
            Proposed { feed: feed("rss"), lane: Some(Lane::Info) },
            Proposed { feed: feed("agenda"), lane: Some(Lane::Agenda) },
        ]
    }

    #[test]
    fn a_feed_is_shown_where_its_operator_says() {
        for (answer, first, second) in [
            ("\n", Some(Lane::Info), Some(Lane::Agenda)),
            ("1p\n", Some(Lane::Press), Some(Lane::Agenda)),
            ("what?\n3i\n1b 2n\n", Some(Lane::People), None),
            ("0n\n1n2n\n2i 1n", None, Some(Lane::Info)),
            ("", None, None),
            ("yes\n", None, None),
        ] {
            let chosen = feeds(proposed(), &mut answer.as_bytes());
            let lanes: Vec<_> = chosen.into_iter().map(|feed| feed.lane).collect();
            assert_eq!(lanes, [first, second], "{answer:?}");
        }
    }

    #[test]
    fn what_is_no_answer_is_asked_again_and_a_closed_input_is_a_no() {
        for (answer, expected) in [("2\n", Some(1)), ("0\n3\nx\n1\n", Some(0)), ("\n", None), ("9\n", None), ("", None)]
        {
            assert_eq!(which(2, &mut answer.as_bytes()), expected, "{answer:?}");
        }
        for (answer, expected) in [("\n", true), ("o\n", true), ("peut-être\nn\n", false), ("", false)] {
            assert_eq!(yes("So?", &mut answer.as_bytes()), expected, "{answer:?}");
        }
        assert_eq!(site(&mut " ville.example \n".as_bytes()), Some("ville.example".into()));
        assert_eq!(site(&mut "\n".as_bytes()), None);
    }
}
