"""What an ensemble tells about itself: four-letter words and the configuration node."""
import pytest

import ensemble
import ops
import replies
import servers

pytestmark = pytest.mark.xdist_group("words")  # they share ensembles

# What monitoring of a reference ensemble reads, by role.
MNTR = {
    "leader": {"zk_server_state": "leader", "zk_peer_state": "leading - broadcast", "zk_quorum_size": "3",
               "zk_learners": "3", "zk_synced_followers": "2", "zk_synced_observers": "1",
               "zk_synced_non_voting_followers": "0", "zk_pending_syncs": "0"},
    "follower": {"zk_server_state": "follower", "zk_peer_state": "following - broadcast", "zk_quorum_size": "3"},
    "observer": {"zk_server_state": "observer", "zk_peer_state": "observing - broadcast", "zk_quorum_size": "3"},
}


@pytest.fixture(name="group", scope="module")
def three_and_an_observer(tmp_path_factory):
    group = ensemble.Ensemble(tmp_path_factory.mktemp("words"), [ensemble.our_kind()] * 4, observers=[4])
    try:
        group.start()
        group.write("/node", b"x")
        group.wait_same_zxid()
        yield group
    finally:
        group.close()


def member_of(group, mode):
    return next(member for member in group if member.mode() == mode)


def conf(member):
    text = servers.four_letter_word(member.port, "conf").decode()
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@pytest.mark.parametrize("mode", MNTR)
def test_mntr(group, mode):
    told = member_of(group, mode).mntr()
    assert {key: told.get(key) for key in MNTR[mode]} == MNTR[mode]


def test_mntr_of_a_leader_says_how_long_it_leads(group):
    assert int(member_of(group, "leader").mntr()["zk_leader_uptime"]) > 0


def test_srvr_of_a_leader_tells_the_sizes_of_proposals(group):
    leader = member_of(group, "leader")
    last, least, largest = map(int, leader.status()["Proposal sizes last/min/max"].split("/"))
    assert 0 < least <= last <= largest
    assert "Proposal sizes last/min/max" not in member_of(group, "follower").status()


def test_conf_tells_the_members(group):
    for member in group:
        told = conf(member)
        expected = {
            "serverId": str(member.sid), "initLimit": "20", "syncLimit": "6", "electionAlg": "3",
            "electionPort": str(member.election_port), "quorumPort": str(member.quorum_port),
            "peerType": "1" if member.role == ensemble.OBSERVER else "0", "version": "0",
            **{f"server.{other.sid}": member.config[f"server.{other.sid}"] for other in group}}
        assert {key: told.get(key) for key in expected} == expected


def test_the_configuration_node_names_all_members(group):
    for member in group:
        with member.session() as session:
            body = session.must(ops.GET_DATA, ops.read("/zookeeper/config"))
            lines = replies.decode(ops.GET_DATA, body)["data"].decode().splitlines()
        members = [f"server.{other.sid}={member.config[f'server.{other.sid}']}" for other in group]
        assert lines == [*members, "version=0"]


def test_reconfig_is_refused_while_it_is_off(group):
    for member in group:
        with member.session() as session:
            assert session.call(ops.RECONFIG, ops.reconfig(leaving="3")).err == ops.RECONFIG_DISABLED


def test_a_member_alone_answers_that_it_does_not_serve(make_ensemble):
    group = make_ensemble(3)
    group.spawn(1)
    member = group[1]

    def answer():
        try:
            return servers.four_letter_word(member.port, "srvr")
        except OSError:
            return b""
    servers.wait_until(answer, 30, "an answer")
    assert answer() == b"This ZooKeeper instance is not currently serving requests\n"
    assert servers.four_letter_word(member.port, "ruok") == b"imok"
