import { describe, expect, it } from 'vitest'
import type { Mount } from '../../kubelet/runtime.ts'
import { execIn, run, waitingContainer } from '../shell.test-support.ts'

type Case = readonly [script: string, out: string | RegExp]

async function prints(script: string, expected: string | RegExp, image = 'busybox:1.36') {
  const { out, err } = await run(script, { image })
  if (typeof expected === 'string') expect(out + err).toBe(expected)
  else expect(out + err).toMatch(expected)
}

describe('awk', () => {
  const cases: readonly Case[] = [
    ['printf "a 1\\nb 2\\na 3\\n" | awk \'{s[$1]+=$2} END {for (k in s) print k, s[k]}\'', 'a 4\nb 2\n'],
    ["echo 'x=1;y=2' | awk -F'[=;]' '{print $2+$4, NF; $2=9; print}'", '3 4\nx 9 y 2\n'],
    ['seq 5 | awk \'NR%2==0 {next} {n++; printf "%03d|", $1} END {print n}\'', '001|003|005|3\n'],
    ['echo "hello world" | awk \'{gsub(/o/, "[&]"); print toupper(substr($0, 1, 4)), length($2), index($0, "w")}\'', 'HELL 7 9\n'],
    ['printf "k: v\\nstart\\nin\\nend\\nout\\n" | awk \'/start/,/end/\'', 'start\nin\nend\n'],
    [
      'awk \'function f(n) {return n<2 ? n : f(n-1)+f(n-2)} BEGIN {print f(10); while (i<3) i++; print i; print 7/2, 2^10, "a" "b"}\'',
      '55\n3\n3.5 1024 ab\n',
    ],
    ['echo "10 9" | awk \'{print ($1 > $2), ($1"" > $2"")}\'', '1 0\n'],
    ["awk -v n=3 'BEGIN {for (i = 1; i <= n; i++) {if (i == 2) continue; print i}}'", '1\n3\n'],
    ['echo "a:b:c" | awk \'{n = split($0, p, ":"); print n, p[3]; if (match($0, /b.*/)) print RSTART, RLENGTH}\'', '3 c\n3 3\n'],
    ["df | awk 'NR==1 {print $1}'", 'Filesystem\n'],
    ["awk '{print $1'", /awk: .*syntax error/],
  ]
  it.each(cases)('%s', (script, expected) => prints(script, expected))
})

describe('grep, sed, sort, diff and find', () => {
  const cases: readonly Case[] = [
    ['printf "error one\\nok\\nERROR two\\n" | grep -in error; printf "a\\nb\\n" | grep -vc a', '1:error one\n3:ERROR two\n1\n'],
    ['printf "foo bar\\nfoobar\\n" | grep -w foo; printf "a1b22\\n" | grep -oE "[0-9]+"', 'foo bar\n1\n22\n'],
    ['seq 10 | grep -A1 -B1 5; mkdir -p /t/u; echo x > /t/u/f; grep -rl x /t; echo $?', '4\n5\n6\n/t/u/f\n0\n'],
    ['grep x /nope; echo $?', /grep: \/nope: No such file or directory/],
    ['printf "a b\\nc\\n" | sed -n "s/\\(a\\) \\(b\\)/\\2 \\1/p"; seq 5 | sed \'2,3d;$!s/^/x/\'', 'b a\nx1\nx4\n5\n'],
    ['seq 6 | sed -n "2~2p"; seq 3 | sed \'1!G;h;$!d\'; seq 4 | sed -e "/2/{s/2/two/;q}"', '2\n4\n6\n3\n2\n1\n1\ntwo\n'],
    [
      'echo "image: nginx:1.26" > /f; sed -i "s|nginx:.*|nginx:1.27|" /f; cat /f; printf "a\\nb\\n" | sed \':l;N;$!bl;s/\\n/,/g\'',
      'image: nginx:1.27\na,b\n',
    ],
    [
      'printf "b 2\\na 10\\nc 1\\n" | sort -k2 -n; printf "b\\na\\nb\\n" | sort -u; printf "10K\\n1M\\n5\\n" | sort -rh',
      'c 1\nb 2\na 10\na\nb\n1M\n10K\n5\n',
    ],
    ['printf "1\\n2\\n3\\n" > /a; printf "1\\nx\\n3\\n" > /b; diff -u /a /b | tail -n +3; echo $?', '@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n0\n'],
    [
      'mkdir -p /d/e; cd /; touch /d/a.txt /d/e/b.txt /d/e/c; find /d -name "*.txt"; find /d -type d -o -name c; find /d -type f ! -name "*.txt" -exec echo got {} \\;',
      '/d/a.txt\n/d/e/b.txt\n/d\n/d/e\n/d/e/c\ngot /d/e/c\n',
    ],
    ['mkdir /d; touch /d/x; find /d -type f -delete; ls /d; find /d -maxdepth 0 -empty', '/d\n'],
  ]
  it.each(cases)('%s', (script, expected) => prints(script, expected))
})

describe('bytes', () => {
  const cases: readonly Case[] = [
    ['printf "hi\\n\\377" | hexdump -C', '00000000  68 69 0a ff                                       |hi..|\n00000004\n'],
    ['printf "abc" | xxd; printf "a\\n" | od -c', '00000000: 6162 63                                  abc\n0000000   a  \\n\n0000002\n'],
    ['dd if=/dev/zero of=/z bs=1M count=3 2>&1 | head -1; wc -c < /z', '3+0 records in\n3145728\n'],
  ]
  it.each(cases)('%s', (script, expected) => prints(script, expected))
})

describe('files in a container', () => {
  const cases: readonly Case[] = [
    [
      'mkdir /d; cd /d; echo hi > f; ln -s f l; mkdir s; chmod 640 f; ls -la | cut -c1-10',
      'total 16\ndrwxr-xr-x\ndrwxr-xr-x\n-rw-r-----\nlrwxrwxrwx\ndrwxr-xr-x\n'.replace('total 16', 'total 16'),
    ],
    ['cd /tmp; touch -d @100 old; touch new; ls -t; ls -tr', 'new\nold\nold\nnew\n'],
    ['ls /nope; echo $?', 'ls: /nope: No such file or directory\n'.padStart(0) && /1\nls: \/nope: No such file or directory\n/],
    ['cd /tmp; echo a > a; chown nobody a; stat -c "%U %a %F" a; chmod u=rw,go-r a; stat -c %a a', 'nobody 644 regular file\n600\n'],
    ['cd /tmp; mkdir -p x/y; echo 1 > x/y/z; tar czf t.tgz x; rm -r x; tar xzf t.tgz; cat x/y/z; tar tf t.tgz', '1\nx/\nx/y/\nx/y/z\n'],
    ['cd /tmp; echo data > f; gzip f; ls; gunzip f.gz; cat f', 'f.gz\ndata\n'],
    ['echo -n abc | md5sum; echo -n abc | sha1sum', '900150983cd24fb0d6963f7d28e17f72  -\na9993e364706816aba3e25717850c26c9cd0d89d  -\n'],
    ['cd /tmp; sha256sum /etc/hostname > s; sha256sum -c s', '/etc/hostname: OK\n'],
  ]
  it.each(cases)('%s', (script, expected) => prints(script, expected))

  it('keeps somebody without rights from what is not theirs', async () => {
    const where = { container: { securityContext: { runAsUser: 1000 } } }
    const { out, err } = await run(
      'id -u; touch /etc/x; rm /etc/passwd; echo hi > /tmp/mine; ls -ln /tmp/mine | cut -c1-30; cd /root',
      where,
    )
    expect(out).toBe('1000\n-rw-r--r--     1 1000     0   \n')
    expect(err).toContain('touch: /etc/x: Permission denied')
    expect(err).toContain("rm: can't remove '/etc/passwd': Permission denied")
  })

  it('refuses to write to a root that is read-only', async () => {
    const { err } = await run('touch /x; echo hi > /etc/y; mkdir /z', { container: { securityContext: { readOnlyRootFilesystem: true } } })
    expect(err).toBe(
      "touch: /x: Read-only file system\nsh: can't create /etc/y: Read-only file system\nmkdir: can't create directory '/z': Read-only file system\n",
    )
  })
})

describe('a mounted ConfigMap or Secret', () => {
  const mounted = (files: () => ReadonlyMap<string, string>, more: Partial<Mount> = {}): Mount => ({
    path: '/etc/config',
    readOnly: true,
    volume: { kind: 'projected', files },
    ...more,
  })

  it('is a folder of links through ..data, and changes all at once', async () => {
    let content = new Map([['app.yaml', 'level: info\n']])
    const waiting = waitingContainer({ mounts: [mounted(() => content)] })
    const sh = async (script: string) => (await execIn(waiting, ['sh', '-c', script])).out
    expect(await sh('cat /etc/config/app.yaml; readlink /etc/config/app.yaml; readlink /etc/config/..data')).toMatch(
      /^level: info\n\.\.data\/app\.yaml\n\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d{9}\n$/,
    )
    expect(await sh('ls /etc/config')).toBe('app.yaml\n')
    const before = await sh('readlink /etc/config/..data')
    content = new Map([
      ['app.yaml', 'level: debug\n'],
      ['new', 'x'],
    ])
    expect(await sh('cat /etc/config/app.yaml /etc/config/new')).toBe('level: debug\nx')
    expect(await sh('readlink /etc/config/..data')).not.toBe(before)
    expect((await execIn(waiting, ['sh', '-c', 'echo x > /etc/config/y'])).err).toContain('Read-only file system')
  })

  it('stays as it was when mounted by subPath', async () => {
    let content = new Map([['app.yaml', 'old\n']])
    const waiting = waitingContainer({ mounts: [mounted(() => content, { path: '/app.yaml', subPath: 'app.yaml' })] })
    expect((await execIn(waiting, ['cat', '/app.yaml'])).out).toBe('old\n')
    content = new Map([['app.yaml', 'new\n']])
    expect((await execIn(waiting, ['cat', '/app.yaml'])).out).toBe('old\n')
  })
})

describe('processes in a container', () => {
  it('ends the container when its first process is asked to stop', async () => {
    const waiting = waitingContainer({ image: 'nginx:1.27', container: { command: ['nginx', '-g', 'daemon off;'] } })
    await waiting.cluster.clock.advance(2000)
    await execIn(waiting, ['sh', '-c', 'kill 1'])
    await waiting.cluster.clock.advance(2000)
    expect(waiting.exits).toEqual([expect.objectContaining({ code: 0 })])
  })

  it('shows what runs', async () => {
    await prints('sleep 50 & ps | grep -c "[0-9] sleep 50$"', '1\n')
  })
})
