import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Kinds } from '../resources/kinds.ts'
import type { Exit } from '../kubelet/runtime.ts'
import type { SimulatedContainer } from './container.ts'
import { parseImage } from './schema.ts'
import { serviceFor, testCluster } from './test-cluster.ts'
import type { TestCluster } from './test-cluster.ts'

const folder = new URL('../../../manifests/simulator/images/', import.meta.url)
const images = readdirSync(folder).map((name) => parseImage(parse(readFileSync(new URL(name, folder), 'utf8')), name))

const plain = { timestamps: false }

/** Runs a script in a fresh busybox and gives its output and exit status. */
async function sh(
  script: string,
  millis = 20_000,
  cluster = testCluster(images),
  image = 'busybox:1.36',
): Promise<{ readonly out: string; readonly code: number | undefined }> {
  const made = cluster.runtime.create({
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default', uid: 'u' }, status: { podIP: '10.32.0.9' } },
    container: { name: 'c', image, command: ['sh', '-c', script] },
    env: { WHO: 'you' },
    mounts: [],
    restartCount: 0,
    node: 'node-0',
  })
  let exit: Exit | undefined
  await cluster.clock.advance(1000)
  made.start((ended) => (exit = ended))
  // In steps: a script takes more turns of the microtask queue than the clock waits for at once.
  for (let step = 0; step < 50; step++) await cluster.clock.advance(millis / 50)
  expect(cluster.errors).toEqual([])
  return { out: made.logs.read(plain), code: exit?.code }
}

/** An exec session: what the client sees, and how it ended. */
function exec(container: SimulatedContainer, command: readonly string[], tty = false) {
  const seen = { out: '', err: '', status: undefined as unknown }
  const decoder = new TextDecoder()
  const session = container.exec(
    { command, tty, stdin: true },
    {
      stdout: (chunk) => (seen.out += decoder.decode(chunk)),
      stderr: (chunk) => (seen.err += decoder.decode(chunk)),
      exit: (status) => (seen.status = status),
    },
  )
  const type = (text: string) => session.stdin(new TextEncoder().encode(text))
  return { seen, session, type }
}

describe('a shell script in a container', () => {
  const cases: readonly (readonly [script: string, out: string, code?: number])[] = [
    ['i=0; while [ $i -lt 3 ]; do echo line $i; i=$((i+1)); done', 'line 0\nline 1\nline 2\n'],
    ['for x in a b "c d"; do echo "<$x>"; done | tail -n 2', '<b>\n<c d>\n'],
    ['echo out; echo err >&2; exit 4', 'out\nerr\n', 4],
    ['false && echo no || echo yes', 'yes\n'],
    ['f() { local v=$1; echo "got $v of $#"; return 3; }; f x y; echo $?', 'got x of 2\n3\n'],
    ['case abc in a*) echo starts;; *) echo other;; esac', 'starts\n'],
    ['cat <<EOF\nhi $WHO $(echo there)\nEOF', 'hi you there\n'],
    ['echo a,b,c | cut -d, -f2; echo "x y z" | awk \'{print $2, NF}\'; echo hello | sed s/l/L/g', 'b\ny 3\nheLLo\n'],
    ['mkdir -p /tmp/d && echo data > /tmp/d/f && cat /tmp/d/f && ls /tmp/d', 'data\nf\n'],
    ['cd /tmp; touch a.txt b.txt c.log; echo *.txt; rm *.txt; ls', 'a.txt b.txt\nc.log\n'],
    ['foo; echo $?', 'sh: foo: not found\n127\n'],
    ['x=hello; echo ${x#he} ${x%lo} ${#x} ${y:-dflt} ${x/l/L}', 'llo hel 5 dflt heLlo\n'],
    ['(exit 7); echo $?; { echo grouped; } | wc -l', '7\n1\n'],
    ['trap "echo bye" EXIT; echo hi', 'hi\nbye\n'],
    ['printf "%s-%03d\\n" a 7 b 12; seq 1 3 | tr "\\n" " "; echo', 'a-007\nb-012\n1 2 3 \n'],
    ['printf "b\\na\\nb\\n" | sort | uniq -c | sort -rn | head -1', '      2 b\n'],
    ['yes | head -2; echo done', 'y\ny\ndone\n'],
    ['echo one | while read l; do echo "read $l"; done', 'read one\n'],
    ['sleep 5 & wait; date +%S', '06\n'],
    ['uname; id -u; pwd; hostname', 'Linux\n0\n/\np\n'],
    ['head -c 200000 /dev/zero | tr "\\0" y | wc -c', '200000\n'],
    ['set -e; false; echo never', '', 1],
    ['echo "a b" | xargs -n1 echo item', 'item a\nitem b\n'],
    ['test -f /etc/passwd && [ -d /tmp ] && echo both', 'both\n'],
    ['x=a; while true; do x=$x$x; done', 'sh: out of memory\n', 2],
  ]
  it.each(cases.map(([script, out, code = 0]) => ({ script, out, code })))('$script', async ({ script, out, code }) => {
    expect(await sh(script)).toEqual({ out, code })
  })

  it('gives others their turn in a busy loop, and can be killed', async () => {
    const cluster = testCluster(images)
    const container = cluster.start({ image: 'busybox', command: ['sh', '-c', 'while true; do :; done'] })
    await cluster.clock.advance(1000)
    container.signal('SIGKILL')
    await cluster.clock.advance(1000)
    expect(cluster.clock.pending).toBe(0)
  })

  it('ignores SIGTERM as process 1 unless it traps it', async () => {
    const cluster = testCluster(images)
    const exits: string[] = []
    const make = (name: string, script: string) => {
      const made = cluster.runtime.create({
        pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' } },
        container: { name: 'c', image: 'busybox', command: ['sh', '-c', script] },
        env: {},
        mounts: [],
        restartCount: 0,
        node: 'n',
      })
      made.start((exit) => exits.push(`${name} ${exit.code} ${exit.reason}`))
      return made
    }
    const deaf = make('deaf', 'while true; do sleep 1; done')
    const polite = make('polite', 'trap "exit 0" TERM; while true; do sleep 1; done')
    await cluster.clock.advance(3000)
    deaf.signal('SIGTERM')
    polite.signal('SIGTERM')
    await cluster.clock.advance(3000)
    expect(exits).toEqual(['polite 0 Completed'])
    deaf.signal('SIGKILL')
    await cluster.clock.advance(10)
    expect(exits).toEqual(['polite 0 Completed', 'deaf 137 Error'])
  })

  it('is killed for eating all its memory', async () => {
    const cluster = testCluster(images)
    const made = cluster.runtime.create({
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'default' } },
      container: { name: 'c', image: 'alpine', command: ['tail', '/dev/zero'] },
      env: {},
      mounts: [],
      restartCount: 0,
      node: 'n',
    })
    let exit: Exit | undefined
    made.start((ended) => (exit = ended))
    await cluster.clock.advance(5000)
    expect(exit).toMatchObject({ code: 137, reason: 'OOMKilled' })
  })
})

describe('kubectl exec', () => {
  it('ends with the exit status on the error channel', async () => {
    const cluster = testCluster(images)
    const { seen } = exec(cluster.start({ image: 'nginx:alpine' }), ['sh', '-c', 'echo out; echo err >&2; exit 4'])
    await cluster.clock.advance(1000)
    expect(seen).toMatchObject({
      out: 'out\n',
      err: 'err\n',
      status: { reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '4' }] } },
    })
  })

  it('passes standard input on', async () => {
    const cluster = testCluster(images)
    const { seen, type, session } = exec(cluster.start({ image: 'nginx:alpine' }), ['wc', '-c'])
    type('x'.repeat(300_000))
    session.closeStdin()
    await cluster.clock.advance(1000)
    expect(seen).toMatchObject({ out: '300000\n', status: { status: 'Success' } })
  })

  it("says in runc's words that there is no such program", async () => {
    const cluster = testCluster(images)
    const { seen } = exec(cluster.start({ image: 'registry.k8s.io/coredns/coredns:v1.14.2' }), ['sh'])
    await cluster.clock.advance(10)
    expect(seen.status).toMatchObject({ message: expect.stringContaining('exec: "sh": executable file not found in $PATH') })
  })

  it('gives a prompt with marks, echo, editing, history and Ctrl-C', async () => {
    const cluster = testCluster(images)
    const { seen, type } = exec(cluster.start({ image: 'alpine', command: ['sleep', '600'] }), ['sh'], true)
    const mark = (code: string) => `\u001b]133;${code}\u001b\\`
    await cluster.clock.advance(10)
    expect(seen.out).toBe(`${mark('A')}/ # ${mark('B')}`)
    seen.out = ''
    type('echo hx\u007fi\r')
    await cluster.clock.advance(10)
    expect(seen.out).toContain(`\r\n${mark('C')}hi\r\n${mark('D;0')}${mark('A')}/ # ${mark('B')}`)
    seen.out = ''
    type('sleep 100\r')
    await cluster.clock.advance(2000)
    type('\u0003')
    await cluster.clock.advance(10)
    expect(seen.out).toContain(`^C\r\n${mark('D;130')}${mark('A')}`)
    seen.out = ''
    type('\u001b[A\u001b[A\r')
    await cluster.clock.advance(10)
    expect(seen.out).toContain(`${mark('C')}hi\r\n`)
    type('exit 3\r')
    await cluster.clock.advance(10)
    expect(seen.status).toMatchObject({ details: { causes: [{ message: '3' }] } })
  })

  it('asks for the rest of an unfinished command', async () => {
    const cluster = testCluster(images)
    const { seen, type } = exec(cluster.start({ image: 'alpine', command: ['sleep', '600'] }), ['sh'], true)
    type('for i in 1 2\rdo echo n$i\rdone\r')
    await cluster.clock.advance(10)
    expect(seen.out).toContain('n1\r\nn2\r\n')
  })
})

function lab(): TestCluster {
  const cluster = testCluster(images, () => ({ status: 403, headers: { 'Content-Type': 'application/json' }, body: '{"code":403}\n' }))
  cluster.start({ image: 'registry.k8s.io/coredns/coredns:v1.14.2' }, { name: 'coredns', ip: '10.32.0.2' })
  cluster.start({ image: 'nginx:alpine' }, { name: 'web', ip: '10.32.0.5' })
  cluster.add(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
    ...serviceFor('kube-dns', '10.96.0.10', 53, 53, ['10.32.0.2'], 'kube-system', 'dns'),
    ...serviceFor('kubernetes', '10.96.0.1', 443, 6443, ['10.0.0.10']),
    ...serviceFor('web', '10.96.7.7', 80, 80, ['10.32.0.5']),
    ...serviceFor('wrong', '10.96.7.8', 80, 8080, ['10.32.0.5']),
    ...serviceFor('nobody', '10.96.7.9', 80, 80, []),
  )
  return cluster
}

describe('the network inside a pod', () => {
  const inside: readonly (readonly [string, string | RegExp])[] = [
    ['wget -qO- http://web | head -4 | tail -1', '<title>Welcome to nginx!</title>\n'],
    ['wget -qO- http://10.32.0.5:81', "wget: can't connect to remote host (10.32.0.5): Connection refused\n"],
    [
      'wget -qO- http://wrong; wget -qO- http://nobody.default.svc',
      /10\.96\.7\.8\): Connection refused\n.*10\.96\.7\.9\): Connection refused\n/s,
    ],
    [
      'nslookup kubernetes.default.svc.cluster.local',
      'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1\n\n',
    ],
    ['nslookup nope; echo $?', /can't find nope[^\n]*: NXDOMAIN\n\n1\n/],
    ['ping -c 1 10.32.0.5 | tail -2 | head -1', '1 packets transmitted, 1 packets received, 0% packet loss\n'],
    ['ping -c 1 -W 1 10.96.7.7 | grep loss', '1 packets transmitted, 0 packets received, 100% packet loss\n'],
    ['nc -zv web 80', 'web (10.96.7.7:80) open\n'],
    ['cat /etc/resolv.conf', 'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n'],
    ['curl -s web', 'sh: curl: not found\n'],
    ['ls / | tr "\\n" " "', 'bin dev etc home lib media mnt opt proc root run sbin srv sys tmp usr var '],
    [
      'apk add -q bind-tools curl > /dev/null; dig +short web.default.svc.cluster.local; curl -sk https://10.96.0.1; curl -s -o /dev/null -w "%{http_code}" http://web/nope',
      '10.96.7.7\n{"code":403}\n404',
    ],
  ]
  it.each(inside)('%s', async (script, expected) => {
    const { out } = await sh(script, 60_000, lab(), 'alpine:3.22')
    if (typeof expected === 'string') expect(out).toBe(expected)
    else expect(out).toMatch(expected)
  })

  it('has no names while no DNS pod is ready', async () => {
    const { out } = await sh('nslookup web', 60_000, testCluster(images))
    expect(out).toBe(';; connection timed out; no servers could be reached\n\n')
  })

  it("asks the name servers of the pod's own DNS settings, which may not be there", async () => {
    const cluster = lab()
    const lost = cluster.runtime.create({
      pod: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'lost', namespace: 'default', uid: 'u' },
        spec: { containers: [], dnsPolicy: 'None', dnsConfig: { nameservers: ['10.96.0.99'] } },
        status: { podIP: '10.32.0.9' },
      },
      container: {
        name: 'c',
        image: 'alpine',
        command: [
          'sh',
          '-c',
          'nslookup kubernetes.default.svc.cluster.local; wget -qO- http://web; nslookup web.default.svc.cluster.local 10.96.0.10',
        ],
      },
      env: {},
      mounts: [],
      restartCount: 0,
      node: 'n',
    })
    lost.start(() => undefined)
    for (let step = 0; step < 60; step++) await cluster.clock.advance(1000)
    expect(lost.logs.read(plain)).toBe(
      ";; connection timed out; no servers could be reached\n\nwget: bad address 'web'\nServer:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tweb.default.svc.cluster.local\nAddress: 10.96.7.7\n\n",
    )
  })

  it('answers probes in the words of the kubelet', async () => {
    const cluster = lab()
    const web = cluster.runtime.containers().find((each) => each.config.pod.metadata.name === 'web')
    await cluster.clock.advance(1000)
    const results: unknown[] = []
    for (const port of [80, 81])
      web?.probe({ kind: 'http', scheme: 'HTTP', port, path: '/', headers: {}, timeoutMillis: 1000 }, (result) => results.push(result))
    web?.probe({ kind: 'tcp', port: 81, timeoutMillis: 1000 }, (result) => results.push(result))
    web?.probe({ kind: 'http', scheme: 'HTTP', port: 80, path: '/missing', headers: {}, timeoutMillis: 1000 }, (result) =>
      results.push(result),
    )
    await cluster.clock.advance(1000)
    expect(results).toHaveLength(4)
    expect(results).toContainEqual({ ok: true })
    expect(results).toContainEqual({ ok: false, message: 'Get "http://10.32.0.5:81/": dial tcp 10.32.0.5:81: connect: connection refused' })
    expect(results).toContainEqual({ ok: false, message: 'dial tcp 10.32.0.5:81: connect: connection refused' })
    expect(results).toContainEqual({ ok: false, message: 'HTTP probe failed with statuscode: 404' })
    expect(web?.logs.read(plain)).toContain('"GET /missing HTTP/1.1" 404')
  })
})

describe('images', () => {
  it('fail to pull as registries refuse', () => {
    const { runtime } = testCluster(images)
    expect(runtime.pull('nginx:nosuchtag')).toMatchObject({
      ok: false,
      message:
        'failed to pull and unpack image "docker.io/library/nginx:nosuchtag": failed to resolve reference "docker.io/library/nginx:nosuchtag": docker.io/library/nginx:nosuchtag: not found',
    })
    expect(runtime.pull('ngnix:alpine')).toMatchObject({
      ok: false,
      message: expect.stringContaining('pull access denied, repository does not exist or may require authorization'),
    })
    for (const image of [
      'nginx:alpine',
      'busybox:1.36',
      'alpine',
      'prom/prometheus:v3.7.3',
      'docker.io/kindest/kindnetd:v20260528-0b6e0d4f',
      'acme/shop:v1',
      'node:24',
      'registry.k8s.io/etcd:3.6.10-0',
    ])
      expect(runtime.pull(image)).toMatchObject({ ok: true })
  })

  it('say where a description is wrong', () => {
    expect(() => parseImage({ names: ['x'], tags: [], size: 'big', userland: 'windows' }, 'x.yaml')).toThrow(
      /x\.yaml.*\n.*tags.*\n.*size.*\n.*userland/s,
    )
  })

  it('refuse to start a command that is not there', () => {
    const cluster = testCluster(images)
    const made = cluster.runtime.create({
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } },
      container: { name: 'c', image: 'busybox', command: ['no-such-program'] },
      env: {},
      mounts: [],
      restartCount: 0,
      node: 'n',
    })
    expect(made.start(() => undefined)).toMatchObject({
      ok: false,
      message: expect.stringContaining('exec: "no-such-program": executable file not found in $PATH'),
    })
  })
})

describe('logs', () => {
  it('are the same whenever they are read, and tick only while someone follows', async () => {
    const cluster = testCluster(images)
    const container = cluster.start({ image: 'docker.io/kindest/kindnetd:v20260528-0b6e0d4f' })
    await cluster.clock.advance(600_000)
    expect(cluster.clock.pending).toBe(0)
    const once = container.logs.read(plain)
    expect(container.logs.read(plain)).toBe(once)
    expect(once).toContain('connected to apiserver')
    expect(container.logs.read({ timestamps: true, tailLines: 1 })).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z I\d{4} .*\n$/)
    let followed = ''
    const stop = container.logs.follow(
      { timestamps: false, tailLines: 0 },
      (text) => (followed += text),
      () => undefined,
    )
    await cluster.clock.advance(200_000)
    stop()
    expect(container.logs.read(plain)).toBe(once + followed)
    expect(cluster.clock.pending).toBe(0)
  })
})

describe('what images do', () => {
  const cases: readonly (readonly [string, Parameters<TestCluster['start']>[0], number, string, RegExp])[] = [
    ['http-echo answers its text', { image: 'hashicorp/http-echo', args: ['-text=hi there', '-listen=:8080'] }, 8080, '/', /^hi there\n$/],
    ['whoami tells about the request', { image: 'traefik/whoami:v1.11' }, 80, '/x', /^Hostname: pod-1\n.*GET \/x HTTP/s],
    [
      'agnhost netexec serves its host name',
      { image: 'registry.k8s.io/e2e-test-images/agnhost:2.53', args: ['netexec'] },
      8080,
      '/hostname',
      /^pod-1$/,
    ],
    ['grafana sends people to its login', { image: 'grafana/grafana:12.2.0' }, 3000, '/', /login/],
    ['node-exporter has metrics', { image: 'prom/node-exporter:v1.10.0' }, 9100, '/metrics', /^# HELP node_exporter_build_info/],
    ['a shop service counts what it served', { image: 'deckhand/shop-catalog:1.0' }, 8080, '/metrics', /process_start_time_seconds \d+/],
  ]
  it.each(cases)('%s', async (_, container, port, path, expected) => {
    const cluster = testCluster(images)
    cluster.start(container, { name: 'pod-1', ip: '10.32.0.5' })
    await cluster.clock.advance(10_000)
    const answered = cluster.runtime.network.request('10.32.0.99', '10.32.0.5', port, {
      secure: false,
      method: 'GET',
      host: 'h',
      path,
      headers: {},
      body: '',
    })
    await cluster.clock.advance(1000)
    expect(await answered).toMatchObject({ result: 'answered', reply: { body: expect.stringMatching(expected) } })
  })

  it('serves the page that somebody has put there', async () => {
    const cluster = testCluster(images)
    const web = cluster.start({ image: 'nginx' }, { name: 'web', ip: '10.32.0.5' })
    web.machine.files.write('/usr/share/nginx/html/index.html', 'mine\n')
    await cluster.clock.advance(1000)
    const answered = cluster.runtime.network.request('10.32.0.99', '10.32.0.5', 80, {
      secure: false,
      method: 'GET',
      host: 'h',
      path: '/',
      headers: {},
      body: '',
    })
    await cluster.clock.advance(1000)
    expect(await answered).toMatchObject({ reply: { body: 'mine\n' } })
    expect(web.logs.read(plain)).toMatch(/10\.32\.0\.99 - - \[.*\] "GET \/ HTTP\/1\.1" 200 5 "-" "-" "-"\n$/)
  })

  it.each([
    ['mysql:9', /MYSQL_ROOT_PASSWORD/],
    ['mariadb:12', /MARIADB_ROOT_PASSWORD/],
    ['postgres:18', /superuser password is not specified/],
    ['deckhand/shop-payment:1.0', /PAYMENT_KEY is not set/],
  ])('%s says what it lacks, and ends with 1', async (image, expected) => {
    const cluster = testCluster(images)
    const made = cluster.start({ image })
    await cluster.clock.advance(1000)
    expect(made.running).toBe(false)
    expect(made.logs.read(plain)).toMatch(expected)
  })

  it('computes π as the Job of the documentation does', async () => {
    const cluster = testCluster(images)
    const made = cluster.start({ image: 'perl:5.34.0', command: ['perl', '-Mbignum=bpi', '-wle', 'print bpi(2000)'] })
    await cluster.clock.advance(1000)
    expect(made.logs.read(plain)).toMatch(/^3\.14159265358979\d{1985}\n$/)
  })

  it.each([
    [['curl', '-s', 'http://10.32.0.5'], /Welcome to nginx/],
    [['-s', 'http://10.32.0.5'], /Welcome to nginx/],
    [['sh', '-c', 'echo $CURL_CA_BUNDLE'], /cacert\.pem/],
  ])('curlimages/curl runs %j', async (args, expected) => {
    const cluster = testCluster(images)
    cluster.start({ image: 'nginx' }, { name: 'web', ip: '10.32.0.5' })
    await cluster.clock.advance(1000)
    const made = cluster.start({ image: 'curlimages/curl', args })
    for (let step = 0; step < 20; step++) await cluster.clock.advance(100)
    expect(made.logs.read(plain)).toMatch(expected)
  })
})

describe('logs of the system', () => {
  it('tell of what is wrong with a node, for as long as it is', async () => {
    const cluster = testCluster(images)
    const node = (annotations: Record<string, string>): Kinds['Node'] => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-1', annotations },
      status: { addresses: [{ type: 'InternalIP', address: '10.0.0.11' }] },
    })
    cluster.add(node({ 'simulator.deckhand.dev/fault': 'unreachable' }))
    const controllers = cluster.start({ image: 'registry.k8s.io/kube-controller-manager:v1.36.2' })
    const metrics = cluster.start({ image: 'registry.k8s.io/metrics-server/metrics-server:v0.8.0' })
    await cluster.clock.advance(31_000)
    expect(cluster.clock.pending).toBe(0)
    expect(
      metrics.logs.read(plain).match(/"Failed to scrape node" err="Get .*10\.0\.0\.11.* node="node-1"\n/g)?.length,
    ).toBeGreaterThanOrEqual(2)
    expect(controllers.logs.read(plain)).not.toContain('unresponsive')
    await cluster.clock.advance(30_000)
    expect(controllers.logs.read(plain).match(/"Node is unresponsive.* node="node-1"/g)).toHaveLength(1)
  })
})
