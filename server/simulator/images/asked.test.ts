import { describe, expect, it } from 'vitest'
import { execIn, run, waitingContainer } from '../shell/shell.test-support.ts'
import type { Where } from '../shell/shell.test-support.ts'
import type { SimulatedContainer } from './container.ts'

/** A server's container, and what a shell in it prints. */
function serverOf(image: string, where: Where = {}) {
  const waiting = waitingContainer({ image, ...where, container: { command: [], ...where.container } })
  return {
    ...waiting,
    ask: async (script: string, millis = 5000) => {
      await waiting.cluster.clock.advance(1000)
      return execIn(waiting, ['sh', '-c', script], { millis })
    },
  }
}

describe('podinfo', () => {
  it('tells its environment, what it was given and what it was asked', async () => {
    const { ask } = serverOf('ghcr.io/stefanprodan/podinfo:6.9.0', { env: { PODINFO_UI_MESSAGE: 'hi there' } })
    const { out } = await ask(
      'curl -s localhost:9898/env; curl -s -d body localhost:9898/echo; curl -s -H "X-A: b" localhost:9898/headers; curl -s localhost:9898',
    )
    expect(out).toMatch(/^\[\n[^]*"WHO=you"[^]*\]body\{[^]*"X-A": \[\n *"b"[^]*"version": "6\.9\.0"[^]*"message": "hi there"/)
  })

  it('answers with the status and after the time that it is asked for', async () => {
    const { ask } = serverOf('ghcr.io/stefanprodan/podinfo')
    const { out } = await ask(
      'curl -s -o /dev/null -o /dev/null -w "%{http_code} %{time_total}\n" localhost:9898/status/418 localhost:9898/delay/3',
      20_000,
    )
    expect(out).toMatch(/^418 0\.0\d+\n200 3\.0\d+\n$/)
  })

  it('can be turned unready and back, and told to panic', async () => {
    const { ask, exits } = serverOf('ghcr.io/stefanprodan/podinfo')
    const ready = 'curl -s -o /dev/null -o /dev/null -w "%{http_code} " localhost:9898/readyz'
    const { out } = await ask(
      `${ready}; curl -sX POST localhost:9898/readyz/disable; ${ready}; curl -sX POST localhost:9898/readyz/enable; ${ready}; curl -s localhost:9898/panic`,
    )
    expect(out).toBe('200 503 200 ')
    expect(exits).toMatchObject([{ code: 255 }])
  })
})

describe('nginx', () => {
  const page = (text: string) => `echo 'server { listen 80; location / { return 200 ${text}; } }' > /etc/nginx/conf.d/default.conf`

  it('serves a changed configuration once it is told to reload', async () => {
    const { ask } = serverOf('nginx:1.29')
    const { out } = await ask(`${page('new')}; curl -s localhost | grep -c Welcome; nginx -s reload 2>/dev/null; curl -s localhost`)
    expect(out).toBe('2\nnew')
  })

  it('tests a configuration, and goes on with the last one when the new one is wrong', async () => {
    const { ask } = serverOf('nginx:1.29')
    const { out, err } = await ask(
      `${page('old')}; nginx -s reload; echo 'server {' > /etc/nginx/conf.d/default.conf; nginx -t; echo $?; kill -HUP 1; curl -s localhost`,
    )
    expect(err).toContain(
      'nginx: [emerg] unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:2\nnginx: configuration file /etc/nginx/nginx.conf test failed\n',
    )
    expect(out).toBe('1\nold')
  })
})

describe('a tag', () => {
  it.each([
    ['nginx:1.27', 'nginx -v', 'nginx version: nginx/1.27.5\n'],
    ['nginx:1.28.7', 'echo $NGINX_VERSION', '1.28.7\n'],
    ['debian:12', 'grep VERSION_ID /etc/os-release', 'VERSION_ID="12"\n'],
    ['debian', 'cat /etc/debian_version', '13.1\n'],
    ['ubuntu:22.04', '. /etc/os-release; echo $PRETTY_NAME', 'Ubuntu 22.04.5 LTS\n'],
    ['alpine:3.20', 'cat /etc/alpine-release', '3.20.8\n'],
    ['postgres:16', 'echo $PG_MAJOR $PGDATA', '16 /var/lib/postgresql/data\n'],
  ])('says which version %s is', async (image, script, expected) => {
    expect((await run(script, { image })).out).toBe(expected)
  })
})

describe('who one is in a container', () => {
  it.each([
    ['busybox:1.36', {}, 'uid=0(root) gid=0(root) groups=0(root),10(wheel)\n', 'root\n'],
    [
      'busybox:1.36',
      { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 },
      'uid=1000 gid=3000 groups=2000,3000\n',
      'whoami: unknown uid 1000\n',
    ],
    ['debian', { runAsUser: 33, runAsGroup: 33 }, 'uid=33(www-data) gid=33(www-data) groups=33(www-data)\n', 'www-data\n'],
    ['debian', { runAsUser: 1000 }, 'uid=1000 gid=0(root) groups=0(root)\n', 'whoami: cannot find name for user ID 1000\n'],
  ])('is as %s and %j say', async (image, securityContext, id, name) => {
    expect((await run('id; whoami 2>&1', { image, spec: { securityContext } })).out).toBe(id + name)
  })
})

describe('a program that is to fail on purpose', () => {
  const annotated = (what: string) => ({
    apiVersion: 'v1' as const,
    kind: 'Pod' as const,
    metadata: { name: 'p', annotations: { 'simulator.deckhand.dev/app': what } },
    spec: { containers: [] },
  })
  const codes = (path: string) => `for i in 1 2 3 4; do curl -s -o /dev/null -w "%{http_code} " localhost${path}; done`

  it.each([
    ['ghcr.io/stefanprodan/podinfo', ':9898/'],
    ['nginx:1.29', '/'],
  ])('answers as its pod’s annotation says, and is well again without it: %s', async (image, path) => {
    const { ask, container } = serverOf(image)
    const server = container as SimulatedContainer
    await ask('true')
    server.podChanged(annotated('errors=100%,status=503'))
    expect((await ask(codes(path))).out).toBe('503 503 503 503 ')
    server.podChanged(annotated('latency=2s'))
    expect((await ask(`curl -s -o /dev/null -w "%{time_total}" localhost${path}`)).out).toMatch(/^[12]\.\d/)
    server.podChanged(annotated(''))
    expect((await ask(codes(path))).out).toBe('200 200 200 200 ')
  })

  it('fails its checks or ends when that is what it says', async () => {
    const { ask, container, exits, cluster } = serverOf('ghcr.io/stefanprodan/podinfo')
    const server = container as SimulatedContainer
    await ask('true')
    server.podChanged(annotated('unready'))
    const check = (path: string) => `curl -s -o /dev/null -w "%{http_code} " localhost:9898${path}`
    expect((await ask(`${check('/readyz')}; ${check('/healthz')}; ${check('/')}`)).out).toBe('503 200 200 ')
    server.podChanged(annotated('crash=1s'))
    await cluster.clock.advance(2000)
    expect(exits).toMatchObject([{ code: 2 }])
  })
})
