"""Our daemon as a driver for the failover bench (`bench.py` of the shared lab), beside Pacemaker's: the same hosts,
corosync settings, agents and client. See run.py."""
import glob, os, re, signal, subprocess, time
from datetime import datetime
from drivers import Pacemaker, ts
from lab import VIP

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.environ.get('QUORATE_BINARY', os.path.join(HERE, '../../target/release/quorate'))

def moment(line):
    """Seconds since 1970 of a line of our log."""
    try:
        return datetime.fromisoformat(line.split(' ', 1)[0].replace('Z', '+00:00')).timestamp()
    except ValueError:
        return None

class Quorate(Pacemaker):
    PHASES = [('membership seen', r' view members'), ('decided', r'decided transition'),
              ('web stop begun', r'began action="stop WebSite'), ('web stopped', r'ended action="stop WebSite'),
              ('ip stopped', r'ended action="stop ClusterIP'),
              ('ip start begun', r'began action="start ClusterIP'), ('ip started', r'ended action="start ClusterIP'),
              ('web start begun', r'began action="start WebSite'), ('web started', r'ended action="start WebSite'),
              ('monitor failed', r'rc="not running"')]

    def prepare(self, lab, opt):
        super().prepare(lab, opt)
        self.standing, self.preferred = set(), None
        self.write(lab)

    def write(self, lab):
        """The manifest, on every host that is on: from there the daemons take it."""
        o = self.opt
        nodes = ''.join(f'  {n.name}: {{addresses: [{n.ip}]{", standby: true" if n.name in self.standing else ""}}}\n'
                        for n in lab.nodes)
        monitor = f'ops: [{{name: monitor, interval: {o.monitor}s}}]'
        dummies = ''.join(f'  d{i:03d}: {{agent: ocf:pacemaker:Dummy, ops: [{{name: monitor, interval: 10s}}]}}\n'
                          for i in range(o.dummies))
        location = f'  location: [{{resource: ClusterIP, node: {self.preferred}, score: INFINITY}}]\n' if self.preferred else ''
        text = f'''apiVersion: quorate/v1
kind: Cluster
name: perf
nodes:
{nodes}reconcile: {{prune: true}}
properties: {{stonith-enabled: false, no-quorum-policy: ignore}}
defaults: {{resource: {{meta: {{resource-stickiness: 100}}}}}}
resources:
  ClusterIP: {{agent: ocf:heartbeat:IPaddr2, params: {{ip: {VIP}, cidr_netmask: 24, nic: eth0}}, {monitor}}}
  WebSite:
    agent: ocf:heartbeat:apache
    params: {{configfile: /etc/apache2/apache2.conf, statusurl: "http://localhost/server-status"}}
    {monitor}
{dummies}constraints:
{location}  colocation: [{{resource: WebSite, with: ClusterIP, score: INFINITY}}]
  order: [{{first: ClusterIP, then: WebSite}}]
'''
        for n in lab.nodes:
            os.makedirs(n.dir + '/manifest', exist_ok=True)
            with open(n.dir + '/manifest/new', 'w') as f:
                f.write(text)
            os.rename(n.dir + '/manifest/new', n.dir + '/manifest/cluster.yaml')

    def start(self, n):
        n.spawn('corosync', '-f', out='corosync.out')
        while subprocess.run(n.cmd('corosync-cfgtool', '-s'), stdout=-3, stderr=-3).returncode:
            time.sleep(0.02)
        n.spawn(BINARY, 'daemon', '--manifest', f'{n.dir}/manifest', '--data-dir', f'{n.dir}/data',
                '--log-file', f'{n.dir}/log/quorate.log', out='quorate.out',
                env={'QUORATE_LOG': os.environ.get('QUORATE_LOG', 'info,quorate::daemon=debug')})

    def stop(self, n):
        for name in ('quorate', 'corosync'):
            for process in n.pids(name):
                os.kill(process, signal.SIGTERM)
            until = time.time() + 60
            while n.pids(name):
                if time.time() > until:
                    raise RuntimeError(f'{name} does not stop on {n.name}')
                time.sleep(0.05)

    def configure(self, lab):
        pass

    def lines(self, n):
        try:
            return open(f'{n.dir}/log/quorate.log', errors='replace').readlines()
        except OSError:
            return []

    def where(self, lab):
        have = [n.name for n in lab.nodes if n.alive()
                and f'{VIP}/' in n.at('ip', '-o', 'address', 'show', 'dev', 'eth0', check=False)]
        return have[0] if len(have) == 1 else None

    def ready(self, lab, members=None):
        on = [n for n in lab.nodes if n.alive() and n.pids('quorate')]
        name = self.where(lab)
        if len(on) < (members or len(lab.nodes)) or name is None:
            return False
        if [n.name for n in on if n.pids('apache2')] != [name]:
            return False
        running = sum(len(glob.glob(os.path.join('/proc', str(n.pid), 'root', 'run', f'{sub}Dummy-d*.state'))) for n in on for sub in ('', '*/'))
        if running != self.opt.dummies:
            return False
        for n in on:
            lines = self.lines(n)
            agreed = [line for line in lines if 'members agree dc=' in line]
            quiet = time.time() - (moment(lines[-1]) or 0) if lines else 0
            if not agreed or not all(m.name in agreed[-1].split('members=')[1] for m in on) or quiet < 1:
                return False
        return True

    def leader(self, lab):
        agreed = [line for n in lab.nodes if n.alive() for line in self.lines(n) if 'members agree dc=' in line]
        newest = max(agreed, key=moment, default=None)
        return re.search(r'dc=(\S+)', newest)[1] if newest else None

    def move(self, lab, name):
        self.preferred = name
        self.write(lab)

    def unmove(self, lab):
        self.preferred = None
        self.write(lab)

    def standby(self, n, on):
        (self.standing.add if on else self.standing.discard)(n.name)
        self.write(self.lab)

    def cleanup(self, lab):
        pass

    def phases(self, lab, t0, survivor=None, victim=None):
        found = {k: v for k, v in super().phases(lab, t0, survivor, victim).items()
                 if k in ('token lost', 'membership formed')}
        for n in lab.nodes:
            if victim is not None and n is victim:
                continue
            for line in self.lines(n)[-60000:]:
                at = moment(line)
                if at is None or at < t0:
                    continue
                if re.search(r'ended action="start d\d+', line):
                    found['last dummy started'] = max(found.get('last dummy started', 0), at - t0)
                for name, pattern in self.PHASES:
                    if re.search(pattern, line) and at - t0 < found.get(name, 1e9):
                        found[name] = at - t0
        return found
