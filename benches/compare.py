#!/usr/bin/env python3
"""What planning costs beside crm_simulate: whole processes in turns, by the system's own accounting.

    benches/compare.py suite                every case of the shared suite, as processes and in one process
    benches/compare.py sizes [16x500 ...]   made-up clusters (nodes x primitives), steady and with a lost node
    benches/compare.py growth               the exponent over the number of primitives, 32 nodes
    benches/compare.py manifest             a plan from a manifest: two nodes; 32 nodes with every probe recorded

Build first: cargo build --release --bin quorate --bench pass --bench plan
Needs crm_simulate for all but `manifest`, and the shared directory (../shared or QUORATE_SHARED) for `suite`, and for
`sizes` and `growth` its lab/gen_cib.py. Figures are medians of pairs: processor seconds, wall seconds, peak memory.
"""
import glob, json, math, os, shutil, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.environ.get('QUORATE_SHARED', os.path.join(ROOT, '..', 'shared'))
TARGET = os.environ.get('CARGO_TARGET_DIR', os.path.join(ROOT, 'target'))
QUORATE = os.path.join(TARGET, 'release', 'quorate')
NOW = '1795423600'


def run(command, cwd=None):
    """Runs a command; gives processor seconds, wall seconds and peak MB."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cwd)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if command[0] == QUORATE and child.returncode not in (0, 113):
        sys.exit(f'failed: {" ".join(command)}')
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024


def pairs(ours, theirs, count):
    """Medians of both, run in turns, after one run of each that does not count."""
    run(ours), run(theirs)
    a, b = [], []
    for _ in range(count):
        a.append(run(ours))
        b.append(run(theirs))
    return [statistics.median(column) for column in zip(*a)], [statistics.median(column) for column in zip(*b)]


def row(name, ours, theirs):
    print(f'{name:24} {ours[0]:8.3f} {theirs[0]:8.3f} {theirs[0] / ours[0]:6.1f}x   '
          f'{ours[1]:8.3f} {theirs[1]:8.3f} {theirs[1] / ours[1]:6.1f}x   {ours[2]:6.0f} {theirs[2]:6.0f} MB', flush=True)


def head():
    print(f'{"":24} {"cpu s":>8} {"theirs":>8} {"ratio":>7}   {"wall s":>8} {"theirs":>8} {"ratio":>7}   '
          f'{"peak":>6} {"theirs":>6}', flush=True)


def plan(file, now=NOW):
    return [QUORATE, 'plan', '--cib', file, '--now', str(now)]


def simulate(file, *more):
    return ['crm_simulate', '-x', file, '-R', '-Q', *more]


def made_up(folder, nodes, primitives, state):
    file = os.path.join(folder, f'{nodes}x{primitives}-{state}.xml')
    subprocess.run([sys.executable, os.path.join(SHARED, 'lab', 'gen_cib.py'), '-n', str(nodes), '-r', str(primitives),
                    '--state', state, '--history', 'active', '-o', file], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return file


def suite(_):
    cases = os.path.join(SHARED, 'scheduler', 'conformance', 'cases')
    index = json.load(open(os.path.join(cases, 'index.json')))
    names = [case for case in index if os.path.exists(os.path.join(cases, 'xml', case['name'] + '.xml'))]
    ours, theirs, slower = [0, 0], [0, 0], 0
    for case in names:
        file = os.path.join(cases, 'xml', case['name'] + '.xml')
        now = case.get('now_epoch') or 1782864000
        when = ['-t', case['now']] if case.get('now') else []
        a, b = run(plan(file, now)), run(simulate(file, *when))
        slower += a[0] > b[0]
        for side, figures in ((ours, a), (theirs, b)):
            side[0] += figures[0]
            side[1] += figures[1]
    head()
    row(f'{len(names)} cases, processes', [*ours, 0], [*theirs, 0])
    print(f'  (slower than crm_simulate: {slower})')
    found = sorted(glob.glob(os.path.join(TARGET, 'release', 'deps', 'pass-*')), key=os.path.getmtime)
    passes = [file for file in found if os.access(file, os.X_OK) and not file.endswith('.d')]
    if not passes:
        sys.exit('no bench `pass`: cargo build --release --bench pass')
    folder = os.path.join(cases, 'xml')
    # In one process: what five passes take beyond one, so that starting up does not count.
    def beyond(once, often):
        a, b = pairs(once, often, 3)
        return [(late - early) / 4 for early, late in zip(a[:2], b[:2])] + [b[2]]
    ours = beyond([passes[-1], folder, '1'], [passes[-1], folder, '5'])
    theirs = beyond(['crm_simulate', '-P', folder, '-N', '1'], ['crm_simulate', '-P', folder, '-N', '5'])
    row(f'{len(names)} cases, one process', ours, theirs)


def sizes(wanted):
    head()
    with tempfile.TemporaryDirectory() as folder:
        for size in wanted or ['16x500', '32x1000', '64x2000', '100x5000']:
            nodes, primitives = map(int, size.split('x'))
            for state in ('steady', 'fail'):
                file = made_up(folder, nodes, primitives, state)
                row(f'{size} {state}', *pairs(plan(file), simulate(file), 3 if primitives >= 5000 else 5))


def growth(_):
    with tempfile.TemporaryDirectory() as folder:
        ends = []
        for primitives in (500, 1000, 2000, 4000, 8000):
            file = made_up(folder, 32, primitives, 'fail')
            cpu = statistics.median(run(plan(file))[0] for _ in range(5))
            ends.append((primitives, cpu))
            print(f'32 nodes x {primitives}: {cpu:.3f} s', flush=True)
        (few, early), (many, late) = ends[0], ends[-1]
        print(f'exponent: {math.log(late / early) / math.log(many / few):.2f}')


def manifest(_):
    example = os.path.join(ROOT, 'examples', 'two-node-web', '4-prefer-node1.yaml')
    with tempfile.TemporaryDirectory() as folder:
        base = ['--state-dir', os.path.join(folder, 'two')]
        timed('two nodes, from a manifest', [QUORATE, *base, '-f', example, 'plan'], 21)
        cib = os.path.join(folder, 'probed.xml')
        subprocess.run([sys.executable, os.path.join(SHARED, 'lab', 'gen_cib.py'), '-n', '32', '-r', '1000', '--state',
                        'steady', '--history', 'full', '-o', cib], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        subprocess.run([QUORATE, 'import', '--from', 'cib', cib], check=True, cwd=folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        yaml = os.path.join(folder, 'cluster.yaml')
        timed('32x1000 probed, a manifest on a CIB', [QUORATE, '-f', yaml, 'plan', '--cib', cib, '--now', NOW], 7)
        timed('32x1000 probed, the CIB alone', plan(cib), 7)


def timed(name, command, count):
    run(command)
    cpu, wall, peak = (statistics.median(column) for column in zip(*(run(command) for _ in range(count))))
    print(f'{name:40} cpu {cpu:.3f} s   wall {wall:.3f} s   peak {peak:.0f} MB', flush=True)


if __name__ == '__main__':
    verbs = {'suite': suite, 'sizes': sizes, 'growth': growth, 'manifest': manifest}
    if len(sys.argv) < 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    if sys.argv[1] != 'manifest' and not shutil.which('crm_simulate'):
        sys.exit('crm_simulate is not installed')
    verbs[sys.argv[1]](sys.argv[2:])
