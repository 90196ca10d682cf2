import { describe, expect, it } from 'vitest'
import { execIn, waitingContainer } from '../shell.test-support.ts'

async function beside(image = 'nicolaka/netshoot:latest') {
  const waiting = waitingContainer({ image })
  waiting.cluster.start({ image: 'nginx:1.27' }, { ip: '10.32.0.5', name: 'web' })
  await waiting.cluster.clock.advance(3000)
  return async (script: string) => (await execIn(waiting, ['sh', '-c', script], { millis: 40_000 })).out
}

describe('ping', () => {
  it("counts as iputils', and as BusyBox's", async () => {
    expect(await (await beside())('ping -c 2 10.32.0.5')).toMatch(
      /^PING 10\.32\.0\.5 \(10\.32\.0\.5\) 56\(84\) bytes of data\.\n64 bytes from 10\.32\.0\.5: icmp_seq=1 ttl=\d+ time=[\d.]+ ms\n.*\n\n--- 10\.32\.0\.5 ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss, time 10\d\dms\nrtt min\/avg\/max\/mdev = /,
    )
    expect(await (await beside('busybox:1.36'))('ping -c 1 10.32.0.5')).toMatch(
      /seq=0 ttl=\d+ time=[\d.]+ ms\n\n.*\n1 packets transmitted, 1 packets received, 0% packet loss\nround-trip min\/avg\/max = /,
    )
    expect(await (await beside())('ping -c 2 -W 1 10.32.0.77')).toContain('From 10.32.0.9 icmp_seq=1 Destination Host Unreachable\n')
  })

  it('shows the way with traceroute', async () => {
    expect(await (await beside())('traceroute -n 10.32.0.5')).toMatch(
      /^traceroute to 10\.32\.0\.5 \(10\.32\.0\.5\), 30 hops max, 60 byte packets\n 1 {2}10\.32\.0\.1( {2}[\d.]+ ms){3}\n 2 {2}10\.32\.0\.5( {2}[\d.]+ ms){3}\n$/,
    )
  })
})

describe('ip, ss and netstat', () => {
  it('show addresses, links, routes and neighbours, briefly too', async () => {
    const sh = await beside()
    expect(await sh('ip -br a')).toBe('lo               UNKNOWN        127.0.0.1/8 \neth0@if9         UP             10.32.0.9/24 \n')
    expect(await sh('ip r')).toBe('default via 10.32.0.1 dev eth0 \n10.32.0.0/24 via 10.32.0.1 dev eth0 src 10.32.0.9 \n')
    expect(await sh('ip n')).toBe('10.32.0.1 dev eth0 lladdr 0a:58:0a:20:00:01 REACHABLE \n')
    expect(await sh('ip a show eth0')).toContain(
      '2: eth0@if9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default',
    )
  })

  it('show what listens, and whose it is', async () => {
    const sh = await beside()
    expect(await sh('nc -lk 4000 -v < /dev/null 2> /dev/null & sleep 0.1; ss -tlnp; netstat -tln; kill $!')).toMatch(
      /LISTEN 0 {6}511 +0\.0\.0\.0:4000 +0\.0\.0\.0:\* users:\(\("nc",pid=\d+,fd=6\)\)\n[^]*tcp {8}0 {6}0 0\.0\.0\.0:4000 +0\.0\.0\.0:\* +LISTEN/,
    )
    expect(await sh('netstat -rn')).toContain('Kernel IP routing table\n')
  })
})
