"""Strangers on the election and quorum ports stop no election and cost nobody the leader."""
import pytest

import clients
import ensemble
import hostile
import servers

STRANGERS = 500
UNKNOWN_SID = 77
# Without strangers an election takes well under 5 s here.
ELECTION_SECONDS = 20


def all_peer_ports(group):
    return [port for member in group for port in (member.election_port, member.quorum_port)]


def test_500_silent_connections_to_every_peer_port_delay_no_election(make_ensemble, is_reference):
    if is_reference:
        pytest.skip("the reference reads the initial message where it accepts: 50 of them stop it for 90 s")
    hostile.raise_descriptor_limit(12 * STRANGERS)
    group = make_ensemble(3)
    old = group.start()
    with clients.Traffic(group) as traffic, hostile.Strangers() as strangers:
        traffic.wait_progress()
        strangers.hold(all_peer_ports(group), STRANGERS)
        old.kill()
        new = group.wait_leader_among(group.others(old), ELECTION_SECONDS)
        # The new leader's quorum port is open only now.
        strangers.hold([new.quorum_port], STRANGERS)
        traffic.wait_progress()
        old.spawn()
        group.wait_served(1, 2, 3, seconds=ELECTION_SECONDS)
        traffic.check()


def test_a_start_among_silent_connections(make_ensemble, is_reference):
    """They come as soon as the port opens, before any peer."""
    if is_reference:
        pytest.skip("the reference reads the initial message where it accepts")
    hostile.raise_descriptor_limit(12 * STRANGERS)
    group = make_ensemble(3)
    with hostile.Strangers() as strangers:
        for member in group:
            member.spawn()
            servers.wait_until(lambda member=member: hostile.dial(member.election_port), 30, "a port")
            strangers.hold([member.election_port], STRANGERS)
        group.wait_served(seconds=ELECTION_SECONDS)


def test_garbage_on_election_ports_stops_no_election(make_ensemble, is_reference):
    """All kinds at once, and held open, while the leader changes."""
    group = make_ensemble(3)
    old = group.start()
    with clients.Traffic(group) as traffic, hostile.Strangers() as strangers:
        traffic.wait_progress()
        send_all_kinds(strangers, group, is_reference)
        traffic.wait_progress()
        assert old.mode() == "leader"
        if is_reference:
            strangers.close()  # its accept loop waits for each of them
        old.kill()
        group.wait_leader_among(group.others(old), ELECTION_SECONDS)
        traffic.wait_progress()
        if not is_reference:
            send_all_kinds(strangers, group, is_reference)
        old.spawn()
        group.wait_served(1, 2, 3, seconds=ELECTION_SECONDS)
        traffic.check()


def test_hostile_connections_without_end_stop_no_election(make_ensemble, is_reference):
    """Hundreds come while the leader changes, to every port and with every kind of garbage."""
    if is_reference:
        pytest.skip("the reference reads the initial message where it accepts")
    group = make_ensemble(3)
    old = group.start()
    payloads = {}
    for member in group:
        payloads[member.election_port] = list(hostile.election_payloads(member.sid, UNKNOWN_SID).values())
        payloads[member.quorum_port] = list(hostile.quorum_payloads(member.sid, UNKNOWN_SID).values())
    with clients.Traffic(group) as traffic, hostile.Storm(payloads) as storm:
        def wait_for_more(strangers):
            goal = storm.came + strangers
            servers.wait_until(lambda: storm.came >= goal, ensemble.SERVE_SECONDS, "strangers to come")
        wait_for_more(STRANGERS)
        traffic.wait_progress()
        assert group.wait_served(1, 2, 3) is old
        old.kill()
        group.wait_leader_among(group.others(old), ELECTION_SECONDS)
        traffic.wait_progress()
        wait_for_more(STRANGERS)
        old.spawn()
        group.wait_served(1, 2, 3, seconds=ELECTION_SECONDS)
        traffic.wait_progress()
        traffic.check()


def send_all_kinds(strangers, group, is_reference):
    for member in group.alive:
        payloads = hostile.election_payloads(member.sid, UNKNOWN_SID)
        if is_reference:
            del payloads["address with a bad port"]  # ends its listener for good
        for payload in payloads.values():
            strangers.hold([member.election_port], 1, payload)


@pytest.mark.xdist_group("garbage")
@pytest.mark.parametrize("what", sorted(hostile.quorum_payloads(0, 0)))
def test_garbage_on_the_quorum_port_ends_only_its_own_connection(shared_three, what):
    group = shared_three
    leader = group.leader()
    with hostile.Strangers() as strangers:
        strangers.hold([leader.quorum_port], 3, hostile.quorum_payloads(leader.sid, UNKNOWN_SID)[what])
        for member in group:
            group.write("/node", b"x", member.port)
        assert group.leader() is leader
        assert len(group.followers()) == 2
    group.wait_same_zxid()


@pytest.fixture(scope="module")
def shared_three(tmp_path_factory):
    """One ensemble for all kinds of garbage: it has to come through all of them."""
    group = ensemble.Ensemble(tmp_path_factory.mktemp("shared"), [ensemble.our_kind()] * 3)
    try:
        group.start()
        yield group
        assert not group.unexpected_ends()
    finally:
        group.close()


def test_two_processes_with_one_sid(make_ensemble):
    """A second server 1, elsewhere, with the configuration of the first but for its own addresses."""
    group = make_ensemble(3)
    leader = group.start()
    impostors = make_ensemble(3)
    impostor = impostors[1]
    impostor.config.update({f"server.{sid}": group[1].config[f"server.{sid}"] for sid in (2, 3)})
    with clients.Traffic(group) as traffic:
        traffic.wait_progress()
        impostor.spawn()
        traffic.wait_progress(200)
        assert group.leader() is leader
        leader.kill()
        # Server 1 may be the one or the other; the quorum of both with the third goes on.
        traffic.wait_progress(100, ELECTION_SECONDS + 20)
        leader.spawn()
        impostor.kill()
        group.wait_served(1, 2, 3)
        traffic.check()
