"""What runs by the clock; each is one action with a limit, safe to run twice."""

from procrastinate.contrib.django import app

from nuanxin.eligibility.rules.checking import read_checked
from nuanxin.eligibility.rules.reading import read_rule
from nuanxin.kernel import clock
from nuanxin.programmes.actions.asking_feedback import ask_how_it_was
from nuanxin.programmes.actions.attending import close_ended_sessions
from nuanxin.programmes.actions.attesters import revoke_whose_post_ended
from nuanxin.programmes.actions.camp_days import alarm_late_pickups
from nuanxin.programmes.actions.camp_places import pass_on_child_places
from nuanxin.programmes.actions.child_erasing import erase_children, erase_health_notes
from nuanxin.programmes.actions.claims import pass_on_what_expired, release_directed_places
from nuanxin.programmes.actions.counting import follow_deliveries, recount_services
from nuanxin.programmes.actions.delivering import deliver_attended
from nuanxin.programmes.actions.finding import find_people, tell_found
from nuanxin.programmes.actions.finding_facts import find_missing_facts, tell_missing_facts
from nuanxin.programmes.actions.forfeiting import propose_forfeits
from nuanxin.programmes.actions.helping_by_papers import take_back_unconfirmed
from nuanxin.programmes.actions.no_shows import settle_no_shows
from nuanxin.programmes.actions.overflowing import overflow_places
from nuanxin.programmes.actions.posting import count_terms_again, fill_lists
from nuanxin.programmes.actions.previewing import carry_out_preview
from nuanxin.programmes.actions.ruling import keep_all_answers
from nuanxin.programmes.actions.slot_sessions import place_slot_holders
from nuanxin.programmes.facts import CATALOGUE
from nuanxin.programmes.queries.rule_versions import find_texts


@app.periodic(cron="* * * * *")
@app.task(name="programmes.pass_on", queueing_lock="programmes.pass_on")
def pass_on(timestamp: int) -> None:
    """Give on what nobody confirmed in time, and directed places whose day has come."""
    now = clock.now()
    pass_on_what_expired(now=now)
    release_directed_places(now=now)
    overflow_places(now=now)
    fill_lists(now=now)
    count_terms_again(now=now)
    pass_on_child_places(now=now)


@app.periodic(cron="* * * * *")
@app.task(name="programmes.follow_deliveries", queueing_lock="programmes.follow_deliveries")
def follow(timestamp: int) -> None:
    """Bring deliveries up to what the door recorded, and the year's numbers up to those."""
    while deliver_attended(now=clock.now()):
        pass
    while follow_deliveries():
        pass


@app.periodic(cron="50 3 * * *")
@app.task(name="programmes.recount_services", queueing_lock="programmes.recount_services")
def recount(timestamp: int) -> None:
    """At night: hold the year's numbers against the facts; a difference stops the job, to be seen."""
    if differing := recount_services(now=clock.now()):
        raise RuntimeError(f"service cells differ from the deliveries: {differing}")


@app.periodic(cron="40 2 * * *")
@app.task(name="programmes.keep_rulings", queueing_lock="programmes.keep_rulings")
def keep_rulings(timestamp: int) -> None:
    """At night: bring every rule's answers up to date, then find who newly fits or lacks one fact."""
    now = clock.now()
    today = clock.business_day(now)
    in_force = [
        read_checked(found.text, CATALOGUE, on=today)
        for found in find_texts(None, today).values()
        if read_rule(found.text, CATALOGUE).is_in_force_on(today)
    ]
    keep_all_answers(in_force, now=now)
    find_people(now=clock.now())
    find_missing_facts(now=clock.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="programmes.late_pickups", queueing_lock="programmes.late_pickups")
def late_pickups(timestamp: int) -> None:
    """Tell guardian and head of each child who is still waiting."""
    alarm_late_pickups(now=clock.now())


@app.periodic(cron="20 3 * * *")
@app.task(name="programmes.erase_children", queueing_lock="programmes.erase_children")
def erase_children_at_night(timestamp: int) -> None:
    """At night: health notes and children's records whose day has come go."""
    now = clock.now()
    erase_health_notes(now=now)
    erase_children(now=now)


@app.periodic(cron="*/5 * * * *")
@app.task(name="programmes.tell_found", queueing_lock="programmes.tell_found")
def tell(timestamp: int) -> None:
    """By day: tell who was found, each in the hours in which his trade is told anything."""
    while any(tell_found(now=clock.now())):
        continue
    while any(tell_missing_facts(now=clock.now())):
        continue


@app.periodic(cron="10 3 * * *")
@app.task(name="programmes.end_attesters", queueing_lock="programmes.end_attesters")
def end_attesters(timestamp: int) -> None:
    """At night: who attested from a post that he holds no more attests no more."""
    revoke_whose_post_ended(now=clock.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="programmes.ask_feedback", queueing_lock="programmes.ask_feedback")
def ask_feedback(timestamp: int) -> None:
    """By day: ask who came how it was, once, in the hours in which his trade is told anything."""
    while ask_how_it_was(now=clock.now()):
        continue


@app.task(name="programmes.preview_rule")
def preview_rule(preview_id: int) -> None:
    """Try a draft of a rule over a register too large to wait for."""
    carry_out_preview(preview_id=preview_id, now=clock.now())


@app.periodic(cron="15 * * * *")
@app.task(name="programmes.close_sessions", queueing_lock="programmes.close_sessions")
def close_sessions(timestamp: int) -> None:
    """Every hour: close sessions that ended a day ago."""
    close_ended_sessions(now=clock.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="programmes.place_slot_holders", queueing_lock="programmes.place_slot_holders")
def place_slots(timestamp: int) -> None:
    """Put who took a slot into the session of its hour."""
    place_slot_holders(now=clock.now())


@app.periodic(cron="25 9-20 * * *")
@app.task(name="programmes.settle_no_shows", queueing_lock="programmes.settle_no_shows")
def settle(timestamp: int) -> None:
    """By day, every hour: note who held a place and did not come."""
    settle_no_shows(now=clock.now())


@app.periodic(cron="20 3 * * *")
@app.task(name="programmes.propose_forfeits", queueing_lock="programmes.propose_forfeits")
def look_for_forfeits(timestamp: int) -> None:
    """At night: propose to officers who no longer fulfils what his place is kept by."""
    propose_forfeits(now=clock.now())


@app.periodic(cron="40 * * * *")
@app.task(name="programmes.take_back_unconfirmed", queueing_lock="programmes.take_back_unconfirmed")
def take_back(timestamp: int) -> None:
    """Every hour: take back what was done for somebody by his papers and nobody owned to."""
    take_back_unconfirmed(now=clock.now())
