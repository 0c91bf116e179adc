//! From a posts file to a script that can be played: references resolved, threads gathered.
//!
//! Owns every demand on a posts file. Does not own its keys (`format`) nor the time of play.
//! Invariant: in a script that exists every reply stands behind what it answers, inside the same thread.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::format::{Author, File, Post};
use super::{Line, Thread, Wording};

/// Longer threads would not fit into a quiet town's day.
pub(super) const THREAD_LIMIT: usize = 5;
/// Edits and deletions come sooner than this, so that an account leaves after all of them.
const LATEST_CHANGE_MINUTES: u16 = 90;
/// The network's own limit on a post.
const TEXT_LIMIT_GRAPHEMES: usize = 300;

type Checked = (Vec<Arc<Author>>, Vec<Arc<Thread>>);

/// Checks one file. The error is one sentence that names the author or the post. A handle belongs to one account on
/// the whole network, so a namesake of someone in `handles` adds the town to theirs.
pub(super) fn check(file: File, slug: &str, handles: &mut HashSet<String>) -> Result<Checked, String> {
    let mut authors: HashMap<String, Arc<Author>> = HashMap::new();
    let mut listed = Vec::new();
    for mut author in file.authors {
        if handles.contains(&author.handle) {
            author.handle = format!("{}-{slug}", author.handle);
        }
        check_author(&author).map_err(|fault| format!("author `{}`: {fault}", author.key))?;
        if !handles.insert(author.handle.clone()) {
            return Err(format!("author `{}`: the handle `{}` is taken", author.key, author.handle));
        }
        let author = Arc::new(author);
        if authors.insert(author.key.clone(), Arc::clone(&author)).is_some() {
            return Err(format!("author `{}` stands twice", author.key));
        }
        listed.push(author);
    }
    let keys: HashSet<String> = file.posts.iter().map(|post| post.key.clone()).collect();
    if keys.len() != file.posts.len() {
        return Err("two posts have the same key".into());
    }
    let mut lines = Vec::new();
    for post in file.posts {
        let key = post.key.clone();
        lines.push(line(post, &authors, &keys).map_err(|fault| format!("post `{key}`: {fault}"))?);
    }
    Ok((listed, threads(lines)?))
}

fn check_author(author: &Author) -> Result<(), String> {
    let label_sound = |label: &str| {
        (1..=40).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !label_sound(&author.handle) {
        return Err(format!("`{}` can't be a label of a handle", author.handle));
    }
    if author.official != author.group.is_some() {
        return Err("`group` goes with `official`, and only with it".into());
    }
    if author.official && author.leaves {
        return Err("a listed body does not leave".into());
    }
    Ok(())
}

fn line(post: Post, authors: &HashMap<String, Arc<Author>>, keys: &HashSet<String>) -> Result<Line, String> {
    let author = authors.get(&post.author).ok_or_else(|| format!("no author `{}`", post.author))?;
    if let Some(parent) = post.reply_to.as_ref().filter(|parent| !keys.contains(*parent)) {
        return Err(format!("answers `{parent}`, which does not exist"));
    }
    if post.hour > 23 {
        return Err(format!("hour {} is not an hour", post.hour));
    }
    if post.image.is_some() && post.image_no_alt {
        return Err("`image` and `image_no_alt` exclude each other".into());
    }
    if let Some(place) = &post.place
        && !((-90.0..=90.0).contains(&place.lat) && (-180.0..=180.0).contains(&place.lon))
    {
        return Err("the place is not on Earth".into());
    }
    let changes = [post.delete_after_minutes, post.edit.as_ref().map(|edit| edit.after_minutes)];
    if changes.into_iter().flatten().any(|minutes| !(1..=LATEST_CHANGE_MINUTES).contains(&minutes)) {
        return Err(format!("an edit or deletion comes 1 to {LATEST_CHANGE_MINUTES} minutes after the post"));
    }
    let text = sound_wording(&post.text)?;
    let edit = post.edit.as_ref().map(|edit| sound_wording(&edit.text)).transpose()?;
    Ok(Line { author: Arc::clone(author), parent: None, text, edit, post })
}

fn sound_wording(text: &str) -> Result<Wording, String> {
    let wording = Wording::parse(text)?;
    for index in 0..wording.variants() {
        let graphemes = wording.variant(index).graphemes(true).count();
        if graphemes > TEXT_LIMIT_GRAPHEMES {
            return Err(format!("a wording has {graphemes} characters; the network takes {TEXT_LIMIT_GRAPHEMES}"));
        }
    }
    Ok(wording)
}

/// Gathers lines into threads, in the order of the roots. What is left when no more replies find their thread
/// answers itself in a circle.
fn threads(lines: Vec<Line>) -> Result<Vec<Arc<Thread>>, String> {
    let (roots, mut replies): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| line.post.reply_to.is_none());
    let mut threads: Vec<Thread> = roots.into_iter().map(|root| Thread { lines: vec![Arc::new(root)] }).collect();
    while !replies.is_empty() {
        let before = replies.len();
        let mut left = Vec::new();
        for mut reply in replies {
            let home = threads.iter_mut().find_map(|thread| {
                let parent = thread.lines.iter().position(|line| Some(&line.post.key) == reply.post.reply_to.as_ref());
                parent.map(|at| (thread, at))
            });
            match home {
                Some((thread, at)) => {
                    reply.parent = Some(at);
                    thread.lines.push(Arc::new(reply));
                }
                None => left.push(reply),
            }
        }
        if left.len() == before {
            return Err("some posts answer each other in a circle".into());
        }
        replies = left;
    }
    match threads.iter().find(|thread| thread.lines.len() > THREAD_LIMIT) {
        Some(thread) => Err(format!("the thread of `{}` is longer than {THREAD_LIMIT} posts", thread.root_key())),
        None => Ok(threads.into_iter().map(Arc::new).collect()),
    }
}
