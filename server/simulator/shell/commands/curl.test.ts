import { describe, expect, it } from 'vitest'
import { execIn, waitingContainer } from '../shell.test-support.ts'

/** A shell with curl beside an nginx at 10.32.0.5, and GNU's wget where wanted. */
async function beside(image = 'nicolaka/netshoot:latest') {
  const waiting = waitingContainer({ image })
  waiting.cluster.start({ image: 'nginx:1.27' }, { ip: '10.32.0.5', name: 'web' })
  await waiting.cluster.clock.advance(3000)
  return (script: string, millis = 20_000) => execIn(waiting, ['sh', '-c', script], { millis })
}

describe('curl', () => {
  it.each([
    ['curl -s nosuch.invalid', 6, ''],
    ['curl -sS 10.32.0.5:81', 7, 'curl: (7) Failed to connect to 10.32.0.5 port 81 after 1 ms: Could not connect to server\n'],
    ['curl -sSf 10.32.0.5/nope', 22, 'curl: (22) The requested URL returned error: 404\n'],
    ['curl -sSm 2 192.0.2.1', 28, 'curl: (28) Connection timed out after 2000 milliseconds\n'],
    ['curl -sS --connect-timeout 1.5 192.0.2.1', 28, 'curl: (28) Connection timed out after 1500 milliseconds\n'],
    ['curl -sS https://10.32.0.5:80', 35, 'curl: (35) TLS connect error: error:0A0000C6:SSL routines::packet length too long\n'],
    ['curl -sS ftp://10.32.0.5', 1, 'curl: (1) Protocol "ftp" not supported\n'],
    [
      'sleep 9 | nc -l -p 99 > /dev/null & sleep 0.1; curl -sSm 1 localhost:99',
      28,
      'curl: (28) Operation timed out after 1000 milliseconds with 0 bytes received\n',
    ],
    [
      'echo | nc -q 0 -l 99 > /dev/null & sleep 0.1; (sleep 1; kill %1) & curl -sS localhost:99',
      1,
      'curl: (1) Received HTTP/0.9 when not allowed\n',
    ],
    ['nc -l 99 > /dev/null < /dev/null & sleep 0.1; curl -sS localhost:99', 52, 'curl: (52) Empty reply from server\n'],
    ['curl --nonsense x', 2, "curl: option --nonsense: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n"],
  ])('says why not: %s', async (script, code, err) => {
    const sh = await beside()
    const ran = await sh(script)
    expect(ran.code).toBe(code)
    expect(ran.err).toBe(err)
  })

  it('shows what -w asks for', async () => {
    const sh = await beside()
    const { out } = await sh(
      "curl -so /dev/null -w '%{http_code} %{num_redirects} %{remote_ip}:%{remote_port} %{content_type} %{time_total}\\n' 10.32.0.5",
    )
    expect(out).toMatch(/^200 0 10\.32\.0\.5:80 text\/html \d\.\d{6}\n$/)
  })

  it('keeps the body of an error with --fail-with-body, and drops it with -f', async () => {
    const sh = await beside()
    expect((await sh('curl -s --fail-with-body 10.32.0.5/nope')).out).toContain('404 Not Found')
    expect((await sh('curl -s -f 10.32.0.5/nope')).out).toBe('')
  })

  it('takes addresses from --resolve, saves with -O, asks several URLs and tells all with -v', async () => {
    const sh = await beside()
    expect((await sh('curl -s --resolve shop.example:80:10.32.0.5 http://shop.example/ | head -1')).out).toBe('<!DOCTYPE html>\n')
    expect((await sh('cd /tmp; curl -sO 10.32.0.5/index.html; grep -c nginx index.html')).out).toMatch(/^[1-9]/)
    expect((await sh("curl -s -o /dev/null -o /dev/null -w '%{http_code} ' '10.32.0.5/[1-2]'")).out).toBe('404 404 ')
    const { err } = await sh("curl -sv -u me:secret -d a=1 -d b=2 -H 'X-Mine: yes' 10.32.0.5 > /dev/null")
    expect(err).toContain('* Connected to 10.32.0.5 (10.32.0.5) port 80\n')
    for (const line of ['POST / HTTP/1.1', 'Authorization: Basic bWU6c2VjcmV0', 'Content-Length: 7', 'X-Mine: yes'])
      expect(err).toContain(`> ${line}\r\n`)
    expect(err).toContain('< HTTP/1.1 ')
  })

  it('tries again', async () => {
    const sh = await beside()
    const { err, code } = await sh('curl -s -S --retry 2 --retry-connrefused 10.32.0.5:81')
    expect(code).toBe(7)
    expect(err).toContain('Warning: Problem: connection refused. Will retry in 1 second. 2 retries left.\n')
    expect(err).toContain('Will retry in 2 seconds. 1 retry left.\n')
  })

  it('tells whether a port is open with telnet://', async () => {
    const sh = await beside()
    expect((await sh('curl -v -m 1 telnet://10.32.0.5:80 < /dev/null')).err).toContain('* Connected to 10.32.0.5 (10.32.0.5) port 80\n')
    expect((await sh('curl -s telnet://10.32.0.5:81')).code).toBe(7)
  })
})

describe('wget', () => {
  it('speaks as GNU wget where it is that', async () => {
    const sh = await beside()
    const { err, code } = await sh('cd /tmp; wget 10.32.0.5/nope; wget -nv -O x 10.32.0.5')
    expect(code).toBe(0)
    expect(err).toMatch(
      /^--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--  http:\/\/10\.32\.0\.5\/nope\nConnecting to 10\.32\.0\.5:80\.\.\. connected\.\nHTTP request sent, awaiting response\.\.\. 404 Not Found\n/,
    )
    expect(err).toContain('ERROR 404: Not Found.\n')
    expect((await sh('wget -q --spider 10.32.0.5:81')).code).toBe(4)
    expect((await sh('wget -T 1 -t 2 192.0.2.1')).err).toContain('failed: Connection timed out.\nRetrying.\n')
  })

  it("speaks as BusyBox's elsewhere", async () => {
    const sh = await beside('busybox:1.36')
    const { err, code } = await sh('wget -S -O /dev/null 10.32.0.5/nope')
    expect(code).toBe(1)
    expect(err).toContain('Connecting to 10.32.0.5 (10.32.0.5:80)\n  HTTP/1.1 404 Not Found\n')
    expect(err).toContain('wget: server returned error: HTTP/1.1 404 Not Found\n')
    expect((await sh('wget -qO- 10.32.0.5 | head -1')).out).toBe('<!DOCTYPE html>\n')
  })
})
