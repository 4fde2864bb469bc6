// A client of the reference's library under steady load: it writes a register by versions, keeps an ephemeral
// and comes back by itself when its connection ends. Says "writes N" now and then; ends when its input ends.
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

public class JavaLoad {
    static final String NODE = "/java-load";
    static final String LIVE = "/java-live";
    static final int PAUSE_MS = 5;
    static final int REPORT_EVERY = 20;

    static void onEvent(WatchedEvent event) {
        if (event.getState() == KeeperState.Expired || event.getState() == KeeperState.AuthFailed) {
            System.out.println("failed: " + event.getState());
            System.exit(2);
        }
    }

    /** The stat of the register; asks again while there is no connection. */
    static Stat look(ZooKeeper zk, byte[] expected) throws Exception {
        while (true) {
            try {
                zk.sync(NODE, (rc, path, ctx) -> { }, null);
                Stat stat = new Stat();
                byte[] data = zk.getData(NODE, false, stat);
                if (expected != null && !new String(data).equals(new String(expected))) {
                    System.out.println("failed: lost " + new String(expected) + ", found " + new String(data));
                    System.exit(3);
                }
                return stat;
            } catch (KeeperException.ConnectionLossException | KeeperException.SessionMovedException again) {
                Thread.sleep(PAUSE_MS);
            }
        }
    }

    static void create(ZooKeeper zk, String path, CreateMode mode) throws Exception {
        while (true) {
            try {
                zk.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, mode);
                return;
            } catch (KeeperException.NodeExistsException done) {
                return;
            } catch (KeeperException.ConnectionLossException | KeeperException.SessionMovedException again) {
                Thread.sleep(PAUSE_MS);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        ZooKeeper zk = new ZooKeeper(args[0], 20000, JavaLoad::onEvent);
        create(zk, NODE, CreateMode.PERSISTENT);
        create(zk, LIVE, CreateMode.EPHEMERAL);
        int version = look(zk, null).getVersion();
        long writes = 0;
        while (System.in.available() == 0) {
            byte[] value = ("value " + writes).getBytes();
            try {
                version = zk.setData(NODE, value, version).getVersion();
                writes++;
                if (writes % REPORT_EVERY == 0) {
                    System.out.println("writes " + writes);
                }
            } catch (KeeperException.ConnectionLossException | KeeperException.SessionMovedException lost) {
                // Whether it took place is for the server to say; twice it cannot have.
                int now = look(zk, null).getVersion();
                if (now < version || now > version + 1) {
                    System.out.println("failed: version " + now + " after " + version);
                    System.exit(4);
                }
                version = now;
            }
            Thread.sleep(PAUSE_MS);
        }
        Stat live = zk.exists(LIVE, false);
        if (live == null || live.getEphemeralOwner() != zk.getSessionId()) {
            System.out.println("failed: the ephemeral is gone");
            System.exit(5);
        }
        zk.close();
        System.out.println("done " + writes);
    }
}
