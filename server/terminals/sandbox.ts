import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, chown, constants, copyFile, lstat, mkdir, mkdtemp, readlink, realpath, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { TerminalId } from '../kernel/ids.ts'
import { portScript } from './port-socket.ts'
import type { ShellIdentity } from './shell-files.ts'

const run = promisify(execFile)

/** Where things are inside. */
export const INSIDE = {
  home: '/home/',
  socket: '/run/deckhand/cluster.sock',
  portSocket: '/run/deckhand/ports.sock',
  portScript: '/opt/deckhand/ports',
  tools: '/opt/deckhand/bin',
  api: { host: '127.0.0.1', port: 6443 },
} as const

/** Tools as found on this machine: paths, or undefined. */
export interface SandboxTools {
  readonly bubblewrap: string | undefined
  readonly socat: string | undefined
  readonly kubectl: string | undefined
}

/** Whether shells can be confined here. `why` is a sentence for people. */
export type Sandbox =
  | {
      readonly state: 'works'
      readonly bubblewrap: string
      readonly disableUserns: boolean
      /** When the server is root each person's shell gets a user of its own, so the kernel's own checks hold as well. */
      readonly setpriv: string | undefined
      /** Programs from outside `/usr` to bind into `INSIDE.tools`. */
      readonly binds: ReadonlyMap<string, string>
      readonly relay: string
      /** Leads to ports inside; where it is missing there is no way to them. */
      readonly socat: string | undefined
      /** The machine's `/bin`, `/lib` …: links into `/usr`, or folders. */
      readonly roots: readonly Root[]
    }
  | { readonly state: 'missing'; readonly why: string }

interface Root {
  readonly path: string
  readonly link: string | undefined
}

/**
 * Users for shells when the server is root: high, beyond what distributions hand out
 * (https://systemd.io/UIDS-GIDS/ leaves 60578–61183 unused).
 */
const FIRST_USER = 60600
const USERS = 580

/** The user whose rights a person's shell has; undefined for the server's own. */
export function shellUser(sandbox: Sandbox, number: number): number | undefined {
  return sandbox.state === 'works' && sandbox.setpriv !== undefined ? FIRST_USER + (number % USERS) : undefined
}

/** Tries a sandbox in earnest: that bubblewrap is installed does not mean that this kernel lets it work. */
export async function trySandbox(tools: SandboxTools, runtime: string): Promise<Sandbox> {
  if (process.platform !== 'linux') return { state: 'missing', why: 'Shells can be confined on Linux only.' }
  const { bubblewrap } = tools
  if (bubblewrap === undefined) return { state: 'missing', why: 'bubblewrap (bwrap) is not installed, so shells cannot be confined.' }
  const setpriv = process.getuid?.() === 0 ? await firstExecutable(['/usr/bin/setpriv', '/bin/setpriv']) : undefined
  const roots = await machineRoots()
  const [binds, relay, socat] = await bindings(tools, runtime, setpriv !== undefined)
  const failures: unknown[] = []
  for (const dropped of setpriv === undefined ? [undefined] : [setpriv, undefined]) {
    for (const disableUserns of [true, false]) {
      const sandbox: Sandbox = { state: 'works', bubblewrap, disableUserns, setpriv: dropped, binds, relay, socat, roots }
      try {
        await attempt(sandbox, runtime)
        return sandbox
      } catch (error) {
        failures.push(error)
      }
    }
  }
  const reason = String((failures.at(-1) as { stderr?: unknown }).stderr ?? failures.at(-1))
    .trim()
    .split('\n')[0]
  return { state: 'missing', why: `bubblewrap is installed but does not work here (${reason}), so shells cannot be confined.` }
}

async function attempt(sandbox: Extract<Sandbox, { state: 'works' }>, runtime: string): Promise<void> {
  const folder = await mkdtemp(join(runtime, 'try-'))
  try {
    const seat = { folder, number: 0, home: folder, socket: undefined, identity: { user: 'attendee', host: 'workshop-00' } }
    const user = shellUser(sandbox, 0)
    if (user !== undefined) await chown(folder, user, user)
    const { file, args } = await confined(sandbox, seat, {}, ['/bin/bash', '-c', 'test -d /proc/self && test ! -e /root'])
    await run(file, args, { env: {}, timeout: 10_000 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One person's place on this machine. */
export interface SandboxSeat {
  /** Private folder of this seat; the home lies in it. */
  readonly folder: string
  readonly number: number
  readonly home: string
  /** The unix socket that leads to the cluster. */
  readonly socket: string | undefined
  /** The unix socket that leads to its ports. */
  readonly portSocket?: string | undefined
  readonly identity: ShellIdentity
}

/** The command line that runs `command` confined. Its options travel in a file, so that `/proc/1/cmdline` inside tells nothing about this machine. */
export async function confined(
  sandbox: Extract<Sandbox, { state: 'works' }>,
  seat: SandboxSeat,
  environment: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<{ readonly file: string; readonly args: string[] }> {
  const etc = join(seat.folder, 'etc')
  const user = shellUser(sandbox, seat.number)
  await writeAccounts(etc, seat.identity)
  if (sandbox.socat !== undefined) await writeFile(join(etc, 'ports'), portScript(sandbox.socat, INSIDE.portSocket))
  // One for each shell: another one may be reading its own.
  const argsFile = join(etc, `bwrap-${randomUUID()}`)
  await writeFile(argsFile, bubblewrapArguments(sandbox, seat, etc, environment, await readableOf(ETC_FILES)).join('\0'))
  const drop = user === undefined ? '' : `"$2" --reuid=${user} --regid=${user} --clear-groups --no-new-privs -- `
  // When memory runs out the kernel ends what a shell started, not the server.
  const script = `echo 1000 2>/dev/null >/proc/self/oom_score_adj; exec 3<"$1"; shift; exec ${drop.replace('"$2"', '"$1"')}"$0" --args 3 -- "\${@:2}"`
  return { file: '/bin/bash', args: ['-c', script, sandbox.bubblewrap, argsFile, sandbox.setpriv ?? '', ...command] }
}

/** The next is a folder in memory, which the kernel would let grow to half of the machine's otherwise. */
const MEMORY_FOLDER = ['--size', String(256 * 1024 * 1024), '--tmpfs']

/**
 * Options of bwrap(1). Without `--new-session`, on purpose: a new session has no controlling terminal, so no Ctrl-C and no
 * job control. What it protects from is TIOCSTI, typing into the terminal of whoever started bwrap; here that terminal
 * is a pseudo terminal of its own, with nobody on it but this very shell.
 */
export function bubblewrapArguments(
  sandbox: Extract<Sandbox, { state: 'works' }>,
  seat: SandboxSeat,
  etc: string,
  environment: Readonly<Record<string, string>>,
  etcFiles: readonly string[],
): string[] {
  const home = INSIDE.home + seat.identity.user
  return [
    ...['--unshare-user', '--uid', '1000', '--gid', '1000', ...(sandbox.disableUserns ? ['--disable-userns'] : [])],
    ...['--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--die-with-parent'],
    ...['--hostname', seat.identity.host, '--cap-drop', 'ALL'],
    ...['--ro-bind', '/usr', '/usr'],
    ...sandbox.roots.flatMap(({ path, link }) => (link === undefined ? ['--ro-bind', path, path] : ['--symlink', link, path])),
    ...['--dir', '/etc'],
    ...etcFiles.flatMap((path) => ['--ro-bind', path, path]),
    ...['passwd', 'group', 'hosts', 'nsswitch.conf'].flatMap((name) => ['--ro-bind', join(etc, name), `/etc/${name}`]),
    ...[
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      ...MEMORY_FOLDER,
      '/dev/shm',
      // `/dev` is in memory as well.
      '--remount-ro',
      '/dev',
      ...MEMORY_FOLDER,
      '/tmp',
      '--dir',
      '/var/tmp',
      '--dir',
      '/run/deckhand',
    ],
    ...[...sandbox.binds].flatMap(([name, path]) => ['--ro-bind', path, `${INSIDE.tools}/${name}`]),
    ...(seat.socket === undefined ? [] : ['--bind', seat.socket, INSIDE.socket]),
    ...(seat.portSocket === undefined || sandbox.socat === undefined
      ? []
      : ['--bind', seat.portSocket, INSIDE.portSocket, '--ro-bind', join(etc, 'ports'), INSIDE.portScript]),
    // The root itself is in memory: nothing may be put there.
    ...['--bind', seat.home, home, '--remount-ro', '/', '--chdir', home, '--clearenv'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
  ]
}

/**
 * Runs inside before the shell: limits, the relay from 127.0.0.1:6443 to the socket, the way to ports, then the shell in its place.
 * Processes count per user: a user of one's own gets few, one shared with everything else of the server's user more.
 */
export function startScript(sandbox: Extract<Sandbox, { state: 'works' }>, terminal: TerminalId): string {
  const processes = sandbox.setpriv === undefined ? 4096 : 512
  return [
    `ulimit -c 0 -u ${processes} -f 1048576 -n 4096 -v 16777216 2>/dev/null`,
    `(trap '' INT QUIT TSTP HUP; exec ${sandbox.relay}) </dev/null >/dev/null 2>&1 &`,
    ...(sandbox.socat === undefined
      ? []
      : [
          `(trap '' INT QUIT TSTP HUP; exec ${sandbox.socat} UNIX-CONNECT:${INSIDE.portSocket} "EXEC:/bin/bash ${INSIDE.portScript} listen ${terminal}") </dev/null >/dev/null 2>&1 &`,
        ]),
    untilListening,
    'exec /bin/bash -i',
  ].join('\n')
}

/**
 * Waits, four seconds at most, until somebody listens where kubectl asks: a slide's first command is typed as soon as there is a
 * prompt. State 0A is LISTEN. Source: https://docs.kernel.org/networking/proc_net_tcp.html
 */
const apiPort = INSIDE.api.port.toString(16).toUpperCase().padStart(4, '0')
const untilListening = `for try in {1..200}; do [[ $(</proc/net/tcp) == *":${apiPort} "*":0000 0A "* ]] && break; sleep 0.02; done`

/** What programs need from `/etc`, and nothing that says anything about this machine's people. */
const ETC_FILES = [
  ...['/etc/alternatives', '/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d', '/etc/localtime', '/etc/terminfo'],
  ...[
    '/etc/inputrc',
    '/etc/nanorc',
    '/etc/vim',
    '/etc/bash_completion.d',
    '/etc/ssl/certs',
    '/etc/protocols',
    '/etc/services',
    '/etc/mime.types',
  ],
]

async function readableOf(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(async (path) => ((await isThere(path)) ? [path] : [])))
  return found.flat()
}

async function writeAccounts(etc: string, { user, host }: ShellIdentity): Promise<void> {
  await mkdir(etc, { recursive: true, mode: 0o755 })
  await writeFile(
    join(etc, 'passwd'),
    `${user}:x:1000:1000:${user}:${INSIDE.home}${user}:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
  )
  await writeFile(join(etc, 'group'), `${user}:x:1000:\nnogroup:x:65534:\n`)
  await writeFile(join(etc, 'hosts'), `127.0.0.1 localhost ${host}\n::1 localhost\n`)
  await writeFile(join(etc, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files\n')
}

async function machineRoots(): Promise<Root[]> {
  const roots = await Promise.all(
    ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].map(async (path): Promise<Root[]> => {
      const status = await lstat(path).catch(() => undefined)
      if (!status) return []
      return [{ path, link: status.isSymbolicLink() ? await readlink(path) : undefined }]
    }),
  )
  return roots.flat()
}

const NODE_RELAY = `const n=require('net');n.createServer(c=>{const s=n.connect('${INSIDE.socket}');c.on('error',()=>s.destroy());s.on('error',()=>c.destroy());c.pipe(s);s.pipe(c)}).listen(${INSIDE.api.port},'${INSIDE.api.host}')`

/** Which programs to bind in, and the command that relays. A program in `/usr` is there anyhow. */
async function bindings(
  tools: SandboxTools,
  runtime: string,
  dropsUser: boolean,
): Promise<[Map<string, string>, string, string | undefined]> {
  const binds = new Map<string, string>()
  const bind = async (name: string, path: string): Promise<string> => {
    const real = await realpath(path)
    if (real.startsWith('/usr/')) return path
    // Another user may not be allowed into the folder it lies in (root's home), so it gets a copy.
    binds.set(name, dropsUser ? await copied(real, join(runtime, 'bin', name)) : real)
    return `${INSIDE.tools}/${name}`
  }
  if (tools.kubectl !== undefined) await bind('kubectl', tools.kubectl)
  const { host, port } = INSIDE.api
  if (tools.socat !== undefined) {
    const socat = await bind('socat', tools.socat)
    return [binds, `${socat} TCP-LISTEN:${port},bind=${host},reuseaddr,fork,max-children=200 UNIX-CONNECT:${INSIDE.socket}`, socat]
  }
  return [binds, `${await bind('deckhand-relay', process.execPath)} -e "${NODE_RELAY}"`, undefined]
}

async function copied(from: string, to: string): Promise<string> {
  await mkdir(dirname(to), { recursive: true, mode: 0o755 })
  await copyFile(from, to, constants.COPYFILE_FICLONE)
  return to
}

async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isThere(path, constants.X_OK)) return path
  return undefined
}

async function isThere(path: string, mode = constants.R_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}
