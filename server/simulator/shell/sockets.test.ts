import { describe, expect, it } from 'vitest'
import { serviceFor, testCluster } from '../images/test-cluster.ts'
import { clusterImages, execIn, run, sitDown, waitingContainer } from './shell.test-support.ts'

describe('a port that a learner listens on', () => {
  it('takes bytes from another pod and gives them back, both ways', async () => {
    const here = await sitDown()
    const there = await sitDown({ cluster: here.cluster, ip: '10.32.0.10' })
    await here.type('nc -l -p 4000\r')
    await there.type('nc 10.32.0.9 4000\r')
    await there.type('hello\r')
    expect(await here.type('good day\r')).toBe('good day\r\n')
    expect(await there.type('again\r')).toBe('again\r\n')
    expect(await here.type('\u0003')).toContain('/ # ')
    expect(await there.type('')).toContain('')
  })

  it('shows what arrives while it waits', async () => {
    const here = await sitDown()
    await here.type('nc -l -p 4000\r')
    const there = waitingContainer({ cluster: here.cluster, ip: '10.32.0.10' })
    const { code } = await execIn(there, ['sh', '-c', 'echo hello | nc 10.32.0.9 4000 & sleep 0.2'])
    expect(code).toBe(0)
  })

  it('is reached through a service and a forwarded port', async () => {
    const cluster = testCluster(clusterImages)
    cluster.add(...serviceFor('echo', '10.96.0.50', 7, 4000, ['10.32.0.9']))
    const here = await sitDown({ cluster })
    const there = waitingContainer({ cluster, ip: '10.32.0.10' })
    await here.type('nc -lk -p 4000 -e cat\r')
    expect((await execIn(there, ['sh', '-c', 'echo through | nc 10.96.0.50 7'])).out).toBe('through\n')
    const dialled = await Promise.all([cluster.runtime.network.dial('10.32.0.9', '127.0.0.1', 4000), cluster.clock.advance(50)])
    expect(dialled[0]).toMatchObject({ result: 'open', tls: false })
  })

  it('answers curl with what was typed into it', async () => {
    const { out, code } = await run(
      `(printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nhi\\n' | nc -l -p 8080 > /tmp/asked) & sleep 0.1; curl -s http://127.0.0.1:8080/x; wait; head -1 /tmp/asked`,
      { image: 'curlimages/curl:latest' },
    )
    expect({ out, code }).toEqual({ out: 'hi\nGET /x HTTP/1.1\r\n', code: 0 })
  })

  it('takes one connection, unless it is told to stay', async () => {
    const once = await run('echo one | nc -l -p 4000 & sleep 0.1; nc localhost 4000 </dev/null; nc localhost 4000 </dev/null')
    expect(once.out).toBe('one\n')
    expect(once.err).toContain('nc: localhost (127.0.0.1:4000): Connection refused')
    const stays = await run('nc -lk -p 4000 -e echo hi & sleep 0.1; nc localhost 4000 </dev/null; nc localhost 4000 </dev/null; kill %1')
    expect(stays.out).toBe('hi\nhi\n')
  })

  it('is taken for the second who wants it, and free again when the first has ended', async () => {
    const { err, out } = await run('nc -l -p 4000 & sleep 0.1; nc -l -p 4000; kill %1; sleep 0.1; netstat -tln | grep -c 4000')
    expect(err).toContain('nc: bind: Address in use')
    expect(out).toBe('0\n')
  })

  it('gives a shell to whoever connects, with -e', async () => {
    const { out } = await run("nc -l -p 4000 -e sh & sleep 0.1; echo 'echo $((6*7)); exit' | nc localhost 4000")
    expect(out).toBe('42\n')
  })

  it('is not flooded: a sender waits for its reader', async () => {
    const { out } = await run('nc -l -p 4000 | (sleep 2; head -c 5) & sleep 0.1; yes | timeout 1 nc localhost 4000; sleep 2', {
      millis: 8000,
    })
    expect(out).toBe('y\ny\ny')
  })
})

describe('nc to a server', () => {
  it('speaks HTTP with bare line feeds', async () => {
    const { cluster } = waitingContainer()
    const { out } = await run("nc -lk -p 80 -e sh -c 'head -1; echo bye' & sleep 0.1; printf 'GET /\\n\\n' | nc localhost 80", { cluster })
    expect(out).toContain('GET /')
  })
})

describe('a server that speaks no HTTP', () => {
  const beside = async (image: string, command: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const waiting = waitingContainer({ image, container: { command: [...command] }, env })
    await waiting.cluster.clock.advance(10_000)
    return { waiting, sh: (script: string) => execIn(waiting, ['sh', '-c', script]) }
  }

  it('is Redis: it keeps what it is given, for redis-cli and for whoever types at nc', async () => {
    const { waiting, sh } = await beside('redis:8', ['redis-server'])
    expect(
      (
        await sh(
          'redis-cli ping; redis-cli set a "grüße dich"; redis-cli get a; redis-cli incr n; redis-cli --no-raw lpush l x y; redis-cli foo',
        )
      ).out,
    ).toBe("PONG\nOK\ngrüße dich\n1\n(integer) 2\nERR unknown command 'foo', with args beginning with: \n")
    const there = waitingContainer({ cluster: waiting.cluster, ip: '10.32.0.10' })
    expect((await execIn(there, ['sh', '-c', "printf 'PING\\r\\nGET a\\r\\nEXPIRE a 1\\r\\n' | nc 10.32.0.9 6379"])).out).toBe(
      '+PONG\r\n$12\r\ngrüße dich\r\n:1\r\n',
    )
    await waiting.cluster.clock.advance(1000)
    expect((await sh('redis-cli exists a; redis-cli --no-raw get a; redis-cli -p 1 ping')).out).toBe('0\n(nil)\n')
  })

  it('is PostgreSQL: ready, and without tables', async () => {
    const { sh } = await beside('postgres:17', ['postgres'], { POSTGRES_PASSWORD: 'x' })
    const { out, err } = await sh(
      "pg_isready -h 127.0.0.1; psql -h localhost -U postgres -c 'select 1'; psql -h localhost -tAc 'select 2+3'; psql -c 'select * from t'",
    )
    expect(out).toBe('127.0.0.1:5432 - accepting connections\n ?column? \n----------\n        1\n(1 row)\n\n5\n')
    expect(err).toContain('databases are not simulated')
    expect((await sh('pg_isready -p 5433; echo $?')).out).toContain('no response\n2\n')
  })

  it('is MySQL: alive, and greets with its version', async () => {
    const { waiting, sh } = await beside('mysql:9', ['mysqld'], { MYSQL_ROOT_PASSWORD: 'x' })
    expect((await sh("mysqladmin ping -uroot -px; mysql -uroot -px -e 'select 1'")).out).toBe('mysqld is alive\n1\n1\n')
    const there = waitingContainer({ cluster: waiting.cluster, ip: '10.32.0.10' })
    expect((await execIn(there, ['sh', '-c', 'nc -w 1 10.32.0.9 3306 < /dev/null | strings'])).out).toContain('9.4.0')
    expect((await sh('mysqladmin -h 10.32.0.10 ping')).err).toContain("error: 'Can't connect to MySQL server on '10.32.0.10:3306' (111)'")
  })
})
