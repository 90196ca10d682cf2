import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { nothing } from '../streams.ts'

interface Package {
  readonly version: string
  readonly programs: readonly string[]
  readonly needs?: readonly string[]
}

const alpine: Record<string, Package> = {
  curl: {
    version: '8.14.1-r2',
    programs: ['curl'],
    needs: ['brotli-libs', 'c-ares', 'libunistring', 'libidn2', 'nghttp2-libs', 'libpsl', 'zstd-libs', 'libcurl'],
  },
  'bind-tools': {
    version: '9.20.15-r0',
    programs: ['dig', 'host', 'nslookup'],
    needs: [
      'fstrm',
      'krb5-conf',
      'libcom_err',
      'keyutils-libs',
      'libverto',
      'krb5-libs',
      'json-c',
      'nghttp2-libs',
      'protobuf-c',
      'libuv',
      'userspace-rcu',
      'xz-libs',
      'libxml2',
      'bind-libs',
    ],
  },
  tcpdump: { version: '4.99.5-r1', programs: ['tcpdump'] },
  jq: { version: '1.8.1-r0', programs: ['jq'], needs: ['oniguruma'] },
  bash: { version: '5.2.37-r0', programs: ['bash'], needs: ['ncurses-terminfo-base', 'libncursesw', 'readline'] },
  iputils: { version: '20240905-r0', programs: ['ping'] },
  'iputils-ping': { version: '20240905-r0', programs: ['ping'] },
  iproute2: { version: '6.15.0-r0', programs: ['ip', 'ss'] },
  'netcat-openbsd': { version: '1.229.1-r0', programs: ['nc'] },
  wget: { version: '1.25.0-r1', programs: ['wget'] },
  procps: { version: '4.0.4-r3', programs: ['ps', 'top', 'free', 'watch'] },
  vim: { version: '9.1.1415-r0', programs: ['vim', 'vi'] },
  redis: { version: '8.0.4-r0', programs: ['redis-cli'] },
  'postgresql17-client': { version: '17.6-r0', programs: ['psql', 'pg_isready'] },
  'mysql-client': { version: '11.4.8-r0', programs: ['mysql', 'mysqladmin'] },
  'busybox-extras': { version: '1.37.0-r18', programs: ['telnet'] },
  less: { version: '668-r0', programs: ['less'] },
  openssl: { version: '3.5.4-r0', programs: ['openssl'] },
  nano: { version: '8.4-r0', programs: ['nano'] },
  lsof: { version: '4.99.4-r1', programs: ['lsof'] },
  gawk: { version: '5.3.2-r0', programs: ['gawk', 'awk'] },
  coreutils: { version: '9.7-r1', programs: [] },
  tar: { version: '1.35-r3', programs: ['tar'] },
  busybox: { version: '1.37.0-r18', programs: [] },
  'ca-certificates': { version: '20250911-r0', programs: [] },
}
alpine['bind-utils'] = { version: '9.20.15-r0', programs: ['dig', 'host', 'nslookup'] }

const debian: Record<string, Package> = {
  curl: { version: '8.14.1-2', programs: ['curl'] },
  wget: { version: '1.25.0-2', programs: ['wget'] },
  dnsutils: { version: '1:9.20.15-1', programs: ['dig', 'host', 'nslookup'] },
  'bind9-dnsutils': { version: '1:9.20.15-1', programs: ['dig', 'host', 'nslookup'] },
  'iputils-ping': { version: '3:20240905-3', programs: ['ping'] },
  iproute2: { version: '6.15.0-1', programs: ['ip', 'ss'] },
  vim: { version: '2:9.1.1230-2', programs: ['vim', 'vi', 'xxd'] },
  'vim-tiny': { version: '2:9.1.1230-2', programs: ['vi'] },
  'redis-tools': { version: '5:8.0.2-3', programs: ['redis-cli'] },
  'postgresql-client': { version: '17+278', programs: ['psql', 'pg_isready'] },
  'default-mysql-client': { version: '1.1.1', programs: ['mysql', 'mysqladmin'] },
  less: { version: '668-1', programs: ['less', 'more'] },
  gawk: { version: '1:5.2.1-2', programs: ['gawk'] },
  tcpdump: { version: '4.99.5-2', programs: ['tcpdump'] },
  jq: { version: '1.7.1-6', programs: ['jq'] },
  psmisc: { version: '23.7-2', programs: ['killall'] },
  bsdextrautils: { version: '2.41-5', programs: ['hexdump', 'hd'] },
  'iputils-tracepath': { version: '3:20240905-3', programs: [] },
  traceroute: { version: '1:2.1.6-1', programs: ['traceroute'] },
  telnet: { version: '0.17+2.6-3', programs: ['telnet'] },
  'net-tools': { version: '2.10-1.3', programs: ['netstat', 'ifconfig', 'route', 'arp'] },
  'netcat-openbsd': { version: '1.229-1', programs: ['nc'] },
  procps: { version: '2:4.0.4-9', programs: ['ps', 'top', 'free', 'watch', 'pgrep', 'pkill', 'uptime'] },
  'ca-certificates': { version: '20250419', programs: [] },
}

/** What the libraries behind them are called and which versions they have. */
const libraries: Record<string, string> = {
  fstrm: '0.6.1-r4',
  'krb5-conf': '1.0-r2',
  libcom_err: '1.47.2-r2',
  'keyutils-libs': '1.6.3-r4',
  libverto: '0.3.2-r2',
  'krb5-libs': '1.21.3-r0',
  'json-c': '0.18-r1',
  'nghttp2-libs': '1.65.0-r0',
  'protobuf-c': '1.5.2-r0',
  libuv: '1.51.0-r0',
  'userspace-rcu': '0.15.2-r0',
  'xz-libs': '5.8.1-r0',
  libxml2: '2.13.8-r0',
  'bind-libs': '9.20.15-r0',
  'brotli-libs': '1.1.0-r2',
  'c-ares': '1.34.5-r0',
  libunistring: '1.3-r0',
  libidn2: '2.3.7-r0',
  libpsl: '0.21.5-r3',
  'zstd-libs': '1.5.7-r0',
  libcurl: '8.14.1-r2',
  'ncurses-terminfo-base': '6.5_p20250503-r0',
  libncursesw: '6.5_p20250503-r0',
  readline: '8.2.13-r1',
  oniguruma: '6.9.10-r0',
}

function install(run: Run, item: Package): void {
  for (const program of item.programs) {
    run.machine.programs.add(program)
    run.machine.full.add(program)
    run.machine.files.write(`/usr/bin/${program}`, `\u007fELF ${program}`, { mode: 0o755 })
  }
}

const apk: Command = async (given) => {
  const quiet = given.args.some((arg) => arg === '-q' || arg === '--quiet')
  const run = quiet ? { ...given, io: { ...given.io, out: nothing } } : given
  const [verb = '', ...names] = run.args.filter((arg) => !arg.startsWith('-'))
  const mirror = 'https://dl-cdn.alpinelinux.org/alpine/v3.22'
  if (!['add', 'update', 'info', 'del', 'search'].includes(verb)) throw new CommandError(`apk-tools 2.14.9, compiled for x86_64.`)
  if (verb === 'info') {
    run.io.out.write('alpine-baselayout\nalpine-keys\napk-tools\nbusybox\nmusl\n')
    return 0
  }
  for (const repository of verb === 'del' ? [] : ['main', 'community']) {
    run.io.out.write(`fetch ${mirror}/${repository}/x86_64/APKINDEX.tar.gz\n`)
    const found = await run.machine.network.lookup('dl-cdn.alpinelinux.org')
    if (!found.ok) {
      run.io.err.write(`WARNING: updating and opening ${mirror}/${repository}: temporary error (try again later)\n`)
      if (repository === 'community') {
        for (const name of names) run.io.err.write(`  ${name} (no such package):\n    required by: world[${name}]\n`)
        return Math.max(names.length, 1)
      }
      continue
    }
    await run.process.sleep(200)
  }
  if (verb === 'update') {
    run.io.out.write('OK: 26326 distinct packages available\n')
    return 0
  }
  if (verb === 'del') {
    for (const name of names) for (const program of alpine[name]?.programs ?? []) run.machine.programs.delete(program)
    run.io.out.write('OK: 8 MiB in 16 packages\n')
    return 0
  }
  const unknown = names.filter((name) => !alpine[name])
  if (unknown.length > 0) {
    run.io.err.write('ERROR: unable to select packages:\n')
    for (const name of unknown) run.io.err.write(`  ${name} (no such package):\n    required by: world[${name}]\n`)
    return unknown.length
  }
  const wanted = [...new Set(names.flatMap((name) => [...(alpine[name]?.needs ?? []), name]))]
  for (const [index, name] of wanted.entries()) {
    const item = alpine[name] ?? { version: libraries[name] ?? '1.0-r0', programs: [] }
    run.io.out.write(`(${index + 1}/${wanted.length}) Installing ${name} (${item.version})\n`)
    install(run, item)
    await run.process.sleep(30)
  }
  run.io.out.write(`Executing busybox-1.37.0-r18.trigger\nOK: ${8 + wanted.length} MiB in ${16 + wanted.length} packages\n`)
  return 0
}

/** Where `apt-get update` leaves its lists: installing needs them, as in a real image. */
const lists = '/var/lib/apt/lists/deb.debian.org_debian_dists_stable_InRelease'

const apt: Command = async (run) => {
  const [verb = '', ...names] = run.args.filter((arg) => !arg.startsWith('-'))
  const found = await run.machine.network.lookup('deb.debian.org')
  if (verb === 'update') {
    if (!found.ok) {
      run.io.err.write(
        "W: Failed to fetch http://deb.debian.org/debian/dists/trixie/InRelease  Temporary failure resolving 'deb.debian.org'\nW: Some index files failed to download. They have been ignored, or old ones used instead.\n",
      )
      return 0
    }
    for (const line of [
      'Get:1 http://deb.debian.org/debian trixie InRelease [140 kB]',
      'Get:2 http://deb.debian.org/debian trixie-updates InRelease [47.3 kB]',
      'Get:3 http://deb.debian.org/debian trixie/main amd64 Packages [9670 kB]',
      'Fetched 9857 kB in 1s (7412 kB/s)',
      'Reading package lists... Done',
    ]) {
      run.io.out.write(`${line}\n`)
      await run.process.sleep(150)
    }
    run.machine.files.makeDirectory('/var/lib/apt/lists', true)
    run.machine.files.write(lists, '')
    return 0
  }
  if (verb !== 'install') return 0
  run.io.out.write('Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n')
  const ready = run.machine.files.stat(lists) !== undefined
  const unknown = names.find((name) => !ready || !debian[name])
  if (unknown) {
    run.io.err.write(`E: Unable to locate package ${unknown}\n`)
    return 100
  }
  run.io.out.write(
    `The following NEW packages will be installed:\n  ${names.join(' ')}\n0 upgraded, ${names.length} newly installed, 0 to remove and 0 not upgraded.\n`,
  )
  for (const name of names) {
    const item = debian[name]
    if (!item) continue
    await run.process.sleep(200)
    run.io.out.write(
      `Selecting previously unselected package ${name}.\nUnpacking ${name} (${item.version}) ...\nSetting up ${name} (${item.version}) ...\n`,
    )
    install(run, item)
  }
  return 0
}

export const packageCommands: Record<string, Command> = { apk, 'apt-get': apt, apt, dpkg: () => 0 }
