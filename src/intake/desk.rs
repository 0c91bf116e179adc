use super::Intake;
use crate::consent;
use crate::domain::{Addressed, Answer, AuthorProfile, Change, MentionForm, Post, PostId, RefuseReason, Timestamp};
use crate::matcher::Matches;
use crate::normalize::Draft;

/// What concerns the desks of cities: who addresses them, and what they answer.
impl Intake {
    /// Listens to a post before it is matched. A public reply of a body that answers for a city answers what it hangs on, be that
    /// of any recipe's concern or not; an unlisted one is as public to whoever asked. Otherwise an unlisted post is for the desk
    /// that it addresses, and refused.
    pub fn listen(&mut self, draft: Draft, now: Timestamp) -> Result<Draft, RefuseReason> {
        self.note_answers(&draft, now);
        let is_heard = || {
            let to = self.cities.addressed(&self.listed, draft.network(), draft.author(), draft.addressed());
            !to.is_empty()
        };
        if draft.is_unlisted() && !is_heard() { Err(RefuseReason::NotPublic) } else { Ok(draft) }
    }

    /// Of a thread its start and the post that is answered are looked for: where the question lies between, it is not known
    /// to be above.
    fn note_answers(&mut self, draft: &Draft, now: Timestamp) {
        let Some(reply) = draft.reply().filter(|_| self.known.has_desks()) else { return };
        // Asked first: nearly nobody is a body, and of others nothing is hashed.
        let mut cities = self.cities.answered_by(&self.listed, draft.network(), draft.author()).peekable();
        if cities.peek().is_none() {
            return;
        }
        let id = |native| PostId::derive(&self.key, draft.network(), native);
        let mut asked = vec![id(&reply.parent), id(&reply.root)];
        asked.dedup();
        let answer = Answer { at: draft.created_at().min(now), url: draft.url() };
        for city in cities {
            let asked = asked.iter().filter(|id| self.known.desks_of(**id).contains(city));
            let answered = |post: &PostId| Change::Answered { post: *post, city: city.clone(), answer: answer.clone() };
            self.pending.extend(asked.map(answered));
        }
    }

    /// What the desks that a post addresses may keep of it; and why it may be shown to nobody, where it may not. `judged`: its
    /// author, as if back.
    pub fn mentions(
        &self,
        post: &Post,
        judged: &AuthorProfile,
        matches: &Matches,
        now: Timestamp,
    ) -> (Vec<Addressed>, Option<RefuseReason>) {
        if matches.addressed.is_empty() || self.origin_refused(post, now).is_some() {
            return (Vec::new(), None);
        }
        let has_left = self.authors.has_left(post.network, &post.author);
        let (form, expires_at) = match consent::hear(self.policy, post, judged, has_left, now) {
            Ok(heard) => heard,
            Err(reason) => return (Vec::new(), Some(reason)),
        };
        let silent = match form {
            MentionForm::Words => None,
            MentionForm::Pointer if post.unlisted => Some(RefuseReason::NotPublic),
            MentionForm::Pointer => Some(RefuseReason::NoUnauthenticated),
        };
        let cities = matches.addressed.iter().cloned();
        (cities.map(|city| Addressed { city, form, expires_at }).collect(), silent)
    }
}
