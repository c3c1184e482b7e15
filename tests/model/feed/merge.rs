//! Merges states whose differences do not matter. What is dropped could only keep the follower from accepting
//! the session, and never make it accept.

use super::{
    contract::Contract,
    protocol::Part,
    state::{Activity, Age, Database, Follower, Interruption, OLD, Reference, State},
};

impl Contract {
    /// Replaces a state with the one that represents it.
    pub(crate) fn merge(&self, s: &mut State) {
        let database = s.database;
        if self.has(Part::IgnoreOldConnection) {
            s.connections[OLD] = None;
        }
        let follower = &mut s.follower;
        follower.memory = follower.memory.filter(|version| database.accepts(*version));
        self.merge_question(database, follower);
        let lowest_age = |age: Age, reference: Reference| {
            (age + reference.ahead).saturating_sub(self.max_possible_behind())
        };
        follower.watermark = follower.watermark.filter(|watermark| {
            lowest_age(watermark.age, watermark.reference) <= self.times.watermark_max_age
        });
        if self.max_possible_behind() == 0 {
            let connections = s.connections.iter_mut().flatten().map(|connection| &mut connection.reference);
            let used = s.follower.watermark.iter_mut().map(|watermark| &mut watermark.reference);
            for reference in connections.chain(used) {
                *reference = Reference { ahead: reference.ahead, ..Reference::default() };
            }
        }
        // Nothing that was committed before the revocation will be remembered any more.
        if database.revoked_by.is_some() && s.follower.memory.is_none() && s.follower.question.is_none() {
            *s = self.end(s);
        }
    }

    /// Drops a question whose answer will not be remembered.
    fn merge_question(&self, database: Database, follower: &mut Follower) {
        let Some(question) = follower.question else { return };
        let parts = [Part::MonotonicTwoSeconds, Part::ConnectedBefore, Part::TwoSecondsOfEvents];
        let may_start_over = !question.is_asked && !parts.into_iter().all(|part| self.has(part));
        let revoked_by = database.revoked_by.unwrap_or(Age::MAX);
        let is_outdated = question.announced >= revoked_by && self.has(Part::VersionComparison);
        // Two seconds before a question that is asked now, the session had ended.
        let is_late =
            !question.is_asked && database.revoked_for().is_some_and(|age| age > self.times.answer_max_age);
        let has_no_effect = !may_start_over && (!question.is_connected || is_outdated);
        if is_late || has_no_effect || !database.accepts(question.oldest) {
            follower.question = None;
        }
    }

    /// The state in which the session has ended and the follower will never accept it again.
    fn end(&self, s: &State) -> State {
        let database = Database { ages: [self.max_change_age(); 4], ..s.database };
        let follower = Follower {
            activity: Activity::Running,
            watermark: None,
            is_connected: false,
            interruption: Interruption::None,
            ..s.follower
        };
        State { database, connections: [None, None], follower }
    }
}
