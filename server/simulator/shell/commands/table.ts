import { baseOf, normalise } from '../files.ts'
import type { Command, Machine, Userland } from '../machine.ts'
import { fileCommands } from './files.ts'
import { networkCommands } from './network.ts'
import { packageCommands } from './packages.ts'
import { processCommands } from './processes.ts'
import { programCommands } from './programs.ts'
import { systemCommands } from './system.ts'
import { archiveCommands } from './archive.ts'
import { dumpCommands } from './dump.ts'
import { awk } from './awk.ts'
import { grepCommands } from './grep.ts'
import { sedCommands } from './sed.ts'
import { encodingCommands } from './encoding.ts'
import { printingCommands } from './printing.ts'
import { endCommands } from './ends.ts'
import { sortingCommands } from './sorting.ts'
import { listingCommands } from './listing.ts'
import { findingCommands } from './finding.ts'
import { comparingCommands } from './comparing.ts'
import { statusCommands } from './file-status.ts'
import { nodeCommands } from './node.ts'
import { jq } from './jq.ts'
import { dateCommands } from './dates.ts'
import { databaseCommands } from './databases.ts'
import { editorCommands } from '../screen/vi.ts'
import { pagerCommands } from '../screen/pager.ts'
import { httpd } from './httpd.ts'
import { opensslCommands } from './openssl.ts'
import { nano } from '../screen/nano.ts'
import { textCommands } from './text.ts'
import { wrapperCommands } from './wrappers.ts'

const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...fileCommands,
    ...encodingCommands,
    ...printingCommands,
    ...endCommands,
    ...sortingCommands,
    ...listingCommands,
    ...findingCommands,
    ...comparingCommands,
    ...statusCommands,
    ...dateCommands,
    jq,
    ...nodeCommands,
    ...databaseCommands,
    ...editorCommands,
    ...pagerCommands,
    ...textCommands,
    ...dumpCommands,
    ...grepCommands,
    ...sedCommands,
    awk,
    gawk: awk,
    mawk: awk,
    ...systemCommands,
    ...processCommands,
    ...networkCommands,
    ...packageCommands,
    ...programCommands,
    ...archiveCommands,
    ...wrapperCommands,
    ...opensslCommands,
    httpd,
    nano,
    pico: nano,
  }),
)

export type Found =
  | { readonly kind: 'command'; readonly command: Command; readonly path: string }
  /** A file with a script in it. */
  | { readonly kind: 'script'; readonly source: string; readonly path: string }
  | { readonly kind: 'denied'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'missing' }

const searched = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** What running `name` would run: a program of the image, or an executable file with a script. */
export function commandNamed(name: string, machine: Machine, cwd: string, path = searched.join(':')): Found {
  const own = machine.own.get(baseOf(name))
  if (own) return { kind: 'command', command: own, path: name.includes('/') ? normalise(name, cwd) : `/usr/bin/${name}` }
  const directories = path.split(':').map((directory) => normalise(directory, cwd))
  const paths = name.includes('/') ? [normalise(name, cwd)] : name === '' ? [] : directories.map((directory) => normalise(name, directory))
  for (const path of paths) {
    const entry = machine.files.stat(path)
    if (entry?.kind === 'directory' && name.includes('/')) return { kind: 'directory', path }
    if (entry?.kind !== 'file') continue
    if ((entry.mode & 0o111) === 0) {
      if (name.includes('/')) return { kind: 'denied', path }
      continue
    }
    const command = commands.get(baseOf(path))
    if (command && machine.programs.has(baseOf(path)) && searched.includes(path.slice(0, path.lastIndexOf('/'))))
      return { kind: 'command', command, path }
    return { kind: 'script', source: entry.content, path }
  }
  const base = baseOf(name)
  const command = commands.get(base)
  if (!command || !machine.programs.has(base)) return { kind: 'missing' }
  const home = directoryOf(base, machine.userland)
  return (!name.includes('/') && directories.includes(home)) || searched.includes(name.slice(0, name.lastIndexOf('/')))
    ? { kind: 'command', command, path: `${home}/${base}` }
    : { kind: 'missing' }
}

const inSlashBin = new Set(
  'sh ash cat ls cp mv rm mkdir rmdir echo pwd ps kill sleep date df mount hostname uname grep sed ping touch chmod chown ln stat netstat true false vi dd gzip gunzip tar'.split(
    ' ',
  ),
)

function directoryOf(name: string, userland: Userland): string {
  if (userland === 'busybox') return '/bin'
  return inSlashBin.has(name) ? '/bin' : '/usr/bin'
}

/** Programs that every userland has. */
const common =
  'sh cat ls cp mv rm mkdir rmdir echo printf pwd sleep date df touch chmod chown ln stat head tail wc grep egrep fgrep sort uniq cut tr sed awk find seq true false test [ env id whoami hostname uname tee xargs basename dirname yes base64 sha1sum sha256sum sha512sum md5sum gzip gunzip zcat du chgrp kill mount which tar dd readlink realpath nproc expr tac rev nohup nice shuf factor timeout sync mktemp nl fold paste comm cmp diff stty'.split(
    ' ',
  )
const busyboxOnly =
  'ash ps top free killall ip ifconfig netstat nslookup ping wget nc telnet vi uptime watch traceroute clear less more busybox chroot dmesg pidof pgrep pkill hexdump hd xxd od strings tty reset arp route setsid usleep sysctl lsof pstree httpd'.split(
    ' ',
  )
const perUserland: Record<Userland, readonly string[]> = {
  busybox: [...common, ...busyboxOnly],
  alpine: [...common, ...busyboxOnly, 'apk'],
  debian: [
    ...common,
    'bash',
    'dash',
    'apt-get',
    'apt',
    'dpkg',
    'perl',
    'getent',
    'od',
    'clear',
    'tty',
    'nproc',
    'uptime',
    'chroot',
    'dmesg',
    'setsid',
    'stdbuf',
  ],
  none: [],
}

/** The names of the programs that a userland brings. */
export function programsOf(userland: Userland): readonly string[] {
  return perUserland[userland]
}

/** Programs as files, so that `ls /bin` shows them. */
export function programFiles(userland: Userland): readonly (readonly [string, string])[] {
  return programsOf(userland).map((name) => [`${directoryOf(name, userland)}/${name}`, `\u007fELF ${name}`] as const)
}
