use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use tests::fresh_postgres_database;
use tokio::time::sleep;
use tokio_postgres::{Client, NoTls};

use super::course::{Allowed, HEALED, conclude, system};
use crate::load::{BOUND, Dice, Door, Session, State, Witness};

const ROUNDS: usize = 100;

/// How many milliseconds after it began a write is killed, at most: a sign-out at first, and a sign-in
/// with its hash.
const SIGN_OUT: usize = 20;
const SIGN_IN: usize = 120;

/// What the kills came to.
#[derive(Debug, Default)]
struct Ends {
    undone: usize,
    done_untold: usize,
    told: usize,
    sign_ins: usize,
}

/// Whatever the database says afterwards is what everybody hears, in time and for good.
#[tokio::test(flavor = "multi_thread")]
async fn auth_service_killed_in_mid_write_100_times() {
    let (mut stack, place) = system(fresh_postgres_database(), |_, _| {});
    let (database, connection) = tokio_postgres::connect(&stack.database_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let account = Door::account(&place.auth);
    let witness = Witness::start(place).await;
    let mut sessions = sign_many_in(&witness).await;

    let (dice, began, mut ends) = (Dice::new(7), Instant::now(), Ends::default());
    // Goes up when the kill came too early and down when it came too late, on a machine of any speed.
    let mut at_most = SIGN_OUT;
    for round in 0..ROUNDS {
        let kill_after = async |at_most| {
            sleep(Duration::from_millis(dice.below(at_most + 1) as u64)).await;
            stack.processes()[0].signal("KILL");
        };
        if round % 4 == 3 {
            tokio::join!(witness.sign_in("ada"), kill_after(SIGN_IN));
            stack.restart(0);
            ends.sign_ins += 1;
            continue;
        }
        let session = sessions.pop().unwrap();
        // What it needs is at hand then, so that the next thing that takes time is the write.
        assert_eq!(witness.show(&account, &session).await, Some(200));
        let (told, ()) = tokio::join!(witness.sign_out(&session), kill_after(at_most));
        stack.restart(0);
        let there = is_there(&database, &session).await;
        assert!(!(told && there), "a sign-out that was told is undone");
        match (there, told) {
            (true, _) => {
                session.set(State::Alive);
                sessions.push(session);
                ends.undone += 1;
                at_most += 1;
            }
            (false, false) => {
                session.set(State::Left(Instant::now()));
                ends.done_untold += 1;
            }
            (false, true) => {
                ends.told += 1;
                at_most = (at_most - 1).max(2);
            }
        }
    }
    assert!(ends.undone > 5 && ends.done_untold + ends.told > 5, "not in mid-write: {ends:?}");
    let healed = witness.time_to_heal(Instant::now(), HEALED).await;
    // Until it must be refused, even what was written last.
    sleep(BOUND).await;
    let allowed = Allowed { no_signing: true, ended: &["auth-service"] };
    let name = format!("auth-service killed in mid-write, {ends:?}");
    conclude(&name, &witness.end().await, (began..Instant::now(), healed), allowed);
    stack.assert_no_panic();
}

/// A session for every sign-out, of users who have room for them.
async fn sign_many_in(witness: &Witness) -> Vec<std::sync::Arc<Session>> {
    let names = ["ada", "grace", "edsger", "barbara"];
    let sign_ins = (0..ROUNDS * 3 / 4).map(|n| witness.sign_in(names[n % names.len()]));
    stream::iter(sign_ins).buffer_unordered(2).map(Option::unwrap).collect().await
}

/// Whether the database holds the session, and goes on doing so: a write that is under way holds its
/// user's row, and one that has not come so far dies with its client.
async fn is_there(database: &Client, session: &Session) -> bool {
    let [user, id] = ["sub", "sid"].map(|claim| session.claim(claim).replace('-', ""));
    let lock = "SELECT id FROM users WHERE id = decode($1, 'hex') FOR UPDATE";
    assert_eq!(database.query(lock, &[&user]).await.unwrap().len(), 1);
    let find = "SELECT id FROM sessions WHERE id = decode($1, 'hex')";
    !database.query(find, &[&id]).await.unwrap().is_empty()
}
