use super::*;

fn now() -> Timestamp {
    Timestamp::from_micros(1_783_166_400_000_000)
}

fn new(measure: Measure, motive: Motive, days: Option<i64>) -> NewDecision {
    let target = match measure {
        Measure::BlockWord => Target::Word(Phrase::parse("mot").unwrap()),
        _ => Target::Post(PostId::from_u64(7)),
    };
    NewDecision { measure, target, motive, until: days.map(|days| now().plus_seconds(days * 86_400)) }
}

#[test]
fn every_measure_goes_with_its_motives_and_ends_in_time() {
    for measure in Measure::ALL {
        assert_eq!(Measure::parse(measure.as_str()), Some(measure));
        for motive in Motive::ALL {
            assert_eq!(Motive::parse(motive.as_str()), Some(motive));
            let sound = new(measure, motive, Some(7)).is_sound(now());
            assert_eq!(sound, measure.motives().contains(&motive), "{measure:?} for {motive:?}");
        }
        let motive = measure.motives()[0];
        assert!(!new(measure, motive, Some(-1)).is_sound(now()), "{measure:?} that is over");
        assert_eq!(new(measure, motive, None).is_sound(now()), measure != Measure::Pin, "{measure:?} without an end");
    }
    assert!(!new(Measure::Pin, Motive::Useful, Some(31)).is_sound(now()));
    let of_word = NewDecision { measure: Measure::Hide, ..new(Measure::BlockWord, Motive::Abuse, None) };
    assert!(!of_word.is_sound(now()), "a word can't be hidden");
    for ending in Ending::ALL {
        assert_eq!(Ending::parse(ending.as_str()), Some(ending));
    }
}

#[test]
fn a_phrase_is_found_as_whole_words_whatever_its_accents() {
    let phrase = Phrase::parse(" Île  de NANTES ").unwrap();
    assert_eq!(phrase.text(), "ile de nantes");
    let is_in = |text: &str| phrase.is_in(&FoldedWords::new(text));
    assert!(is_in("sur l'île-de-Nantes, hier"));
    assert!(!is_in("l'île de Nantessou") && !is_in("L'île ! De Nantes") && !is_in(""));
    for unfit in ["", "  ", "a", "—", "un deux trois quatre cinq six sept", &"a".repeat(121)] {
        assert_eq!(Phrase::parse(unfit), None, "{unfit}");
    }
}

#[test]
fn l50_a_notice_has_a_reason_an_explanation_a_contact_and_good_faith() {
    let post = PostId::from_u64(7);
    let notice =
        |motive: &str, words: &str, contact: &str, faith| NewComplaint::notice(post, motive, words, contact, faith);
    let taken = notice("illegal", " Voici pourquoi. ", " lea@exemple.fr ", true).unwrap();
    assert_eq!((taken.words.as_str(), taken.contact.as_deref()), ("Voici pourquoi.", Some("lea@exemple.fr")));
    assert_eq!(notice("", "x", "lea@exemple.fr", true), Err(Unfit::MotiveMissing));
    assert_eq!(notice("reports", "x", "lea@exemple.fr", true), Err(Unfit::MotiveMissing), "nobody's to choose");
    assert_eq!(notice("illegal", " ", "lea@exemple.fr", true), Err(Unfit::WordsMissing));
    assert_eq!(notice("illegal", &"é".repeat(1_001), "lea@exemple.fr", true), Err(Unfit::WordsTooLong));
    for contact in ["", "lea", "@exemple.fr", "lea@exemple", "lea@exemple.fr\r\nBcc: x@y.fr", "<lea@exemple.fr>"] {
        assert_eq!(notice("illegal", "x", contact, true), Err(Unfit::ContactMissing), "{contact}");
    }
    assert_eq!(notice("illegal", "x", "lea@exemple.fr", false), Err(Unfit::GoodFaithMissing));
    assert!(NewComplaint::report(post, "abuse", "").is_ok(), "a report needs no words");
    assert_eq!(NewComplaint::appeal(post, 1, Motive::Abuse, "", ""), Err(Unfit::WordsMissing));
    assert_eq!(NewComplaint::appeal(post, 1, Motive::Abuse, "Non.", "").unwrap().contact, None);
}

#[test]
fn a_follow_key_is_read_as_it_was_given() {
    let key = FollowKey([9; 32]);
    assert!(FollowKey::parse(&key.text()) == Some(key));
    for other in ["", "x", "!!!!", &FollowKey([9; 32]).text()[1..]] {
        assert!(FollowKey::parse(other).is_none(), "{other}");
    }
}
