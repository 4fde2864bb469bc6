"""Ways to write down an ensemble, and what is wrong with some."""
import socket

import pytest

import ensemble
import ops
import servers
import wire

EXIT_SECONDS = 30


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def assert_works(group):
    group.start()
    for member in group:
        group.write(f"/from{member.sid}", b"x", member.port)
    group.wait_same_zxid()


@pytest.mark.parametrize("host", ["localhost", "[::1]"])
def test_members_by_name_and_by_ipv6(make_ensemble, host):
    if host == "[::1]" and not has_ipv6():
        pytest.skip("no IPv6 here")
    group = make_ensemble(3, host=host)
    assert_works(group)
    old = group.leader()
    old.kill()
    group.wait_served(*[member.sid for member in group.others(old)])


def test_the_client_port_in_the_server_line(make_ensemble):
    group = make_ensemble(3)
    for member in group:
        for other in group:
            member.config[f"server.{other.sid}"] += f";127.0.0.1:{other.port}"
    for member in group:
        # The port stays known to the test, and is no key of the file.
        member.config["clientPortAddress"] = None
        member.unwritten = {"clientPort"}
    assert_works(group)


def test_members_in_a_file_of_their_own(make_ensemble):
    group = make_ensemble(3)
    for member in group:
        path = member.directory / "members"
        lines = [f"{key}={value}\n" for key, value in member.config.items() if key.startswith("server.")]
        path.write_text("".join(lines))
        member.config = {key: value for key, value in member.config.items() if not key.startswith("server.")}
        member.config["dynamicConfigFile"] = str(path)
    assert_works(group)


def test_all_addresses(make_ensemble):
    assert_works(make_ensemble(3, config={"quorumListenOnAllIPs": "true"}))


def test_four_members_need_three(make_ensemble):
    group = make_ensemble(4)
    group.start()
    group[1].kill()
    group.wait_served(2, 3, 4)
    group[2].kill()
    servers.wait_until(lambda: not group[3].serves() and not group[4].serves(), 6 * ensemble.SYNC_SECONDS,
                       "half of the members to stop serving")


def test_weights(make_ensemble):
    """Member 1 has more than half of all weight."""
    weights = {"group.1": "1:2:3", "weight.1": 3, "weight.2": 1, "weight.3": 1}
    group = make_ensemble(3, config=weights)
    group.start()
    group.wait_same_zxid()
    for sid in (2, 3):
        group[sid].kill()
    group.wait_served(1)
    group.write("/alone", b"x")
    for sid in (2, 3):
        group[sid].spawn()
    group.wait_served(1, 2, 3)
    group[1].kill()
    servers.wait_until(lambda: not group[2].serves() and not group[3].serves(), 6 * ensemble.SYNC_SECONDS,
                       "the light members to stop serving")


def test_a_member_of_no_weight_is_no_leader(make_ensemble):
    weights = {"group.1": "1:2:3", "weight.1": 1, "weight.2": 1, "weight.3": 0}
    group = make_ensemble(3, config=weights)
    assert group.start().sid == 2
    group.wait_same_zxid()
    group[3].kill()
    group.wait_served(1, 2)


def test_a_leader_that_serves_no_clients(make_ensemble):
    group = make_ensemble(3, properties={"zookeeper.leaderServes": "no"})
    group.spawn()

    def followers_serve():
        return [member.mode() for member in group].count("follower") == 2
    servers.wait_until(followers_serve, ensemble.SERVE_SECONDS, "two followers")
    leader = next(member for member in group if member.mode() != "follower")
    follower = group.followers()[0]
    with follower.session() as session:
        session.must(ops.CREATE, ops.create("/node"))
        session.close_session()
    assert leader.mode() is None
    with pytest.raises((OSError, wire.ConnectionClosed)):
        leader.session()
    # Sessions of its followers' clients end there; who leads next serves as little.
    holder = follower.session(timeout=1000)
    holder.must(ops.CREATE, ops.create("/holder", flags=1))
    holder.close()
    with group.others(leader, follower)[0].session(timeout=20000) as session:
        servers.wait_until(lambda: session.call(ops.EXISTS, ops.read("/holder")).err == ops.NO_NODE,
                           ensemble.SERVE_SECONDS, "the session to expire")
    leader.kill()
    servers.wait_until(lambda: [member.mode() for member in group.alive].count("follower") == 1,
                       ensemble.SERVE_SECONDS, "a new leader")
    leader.spawn()
    servers.wait_until(followers_serve, ensemble.SERVE_SECONDS, "two followers again")


@pytest.mark.parametrize("what, code, text", [
    ("no myid", 2, "myid file is missing"),
    ("myid that is no number", 2, "serverid one is not a number"),
    ("myid of nobody", 1, "My id 9 not in the peer list"),
    ("no initLimit", 2, "initLimit is not set"),
    ("no syncLimit", 2, "syncLimit is not set"),
    ("two groups for one", 2, "is in multiple groups"),
    ("one in no group", 2, "is not in a group"),
])
def test_what_is_wrong_is_told(make_ensemble, what, code, text):
    member = make_ensemble(3)[1]
    myid = member.data_dir / "myid"
    if what == "no myid":
        myid.unlink()
    elif what == "myid that is no number":
        myid.write_text("one")
    elif what == "myid of nobody":
        myid.write_text("9")
    elif what.endswith("Limit"):
        member.config[what.split()[1]] = None
    else:
        member.config.update({"group.1": "1:2:3", "group.2": "1"} if what.startswith("two") else {"group.1": "1:2"})
    member.spawn()
    member.ends_expected = True
    assert member.wait_exit(EXIT_SECONDS) == code
    assert text in member.log_text()
