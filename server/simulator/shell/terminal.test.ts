import { describe, expect, it } from 'vitest'
import { sitDown } from './shell.test-support.ts'

const up = '\u001b[A'

describe('a shell at a terminal', () => {
  it('shows the prompt of its image', async () => {
    expect(await (await sitDown()).type('\r')).toBe('\r\n/ # ')
    expect(await (await sitDown({ image: 'debian:12', command: ['bash'] })).type('cd /tmp\r')).toContain('root@p:/tmp# ')
    expect(await (await sitDown({ image: 'debian:12' })).type('\r')).toBe('\r\n# ')
  })

  it('takes PS1 with colours and expansions', async () => {
    const person = await sitDown()
    expect(await person.type("PS1='[\\u \\W $X]> '; X=y\r")).toContain('[root / y]> ')
  })

  it('edits a line, searches its history and completes', async () => {
    const person = await sitDown()
    expect(await person.type('ech hello\u0001\u001b[C\u001b[C\u001b[Co\u0005!\r')).toContain('\r\nhello!\r\n')
    expect(await person.type(`${up}\u0017bye\r`)).toContain('\r\nbye\r\n')
    await person.type('echo first\r')
    await person.type('echo second\r')
    expect(await person.type('\u0012fir\r')).toContain('\r\nfirst\r\n')
    await person.type('export LONGNAME=value\r')
    expect(await person.type('echo $LONGN\t\r')).toContain('\r\nvalue\r\n')
    await person.type('touch /tmp/one-file /tmp/one-other\r')
    expect(await person.type('ls /tmp/one-f\t\r')).toContain('\r\n/tmp/one-file\r\n')
    const listed = await person.type('ls /tmp/one\t\t')
    expect(listed).toContain('one-file')
    expect(listed).toContain('one-other')
  })

  it('interrupts with Ctrl-C and ends with Ctrl-D', async () => {
    const person = await sitDown()
    await person.type('while true; do echo on; sleep 1; done\r', 2500)
    expect(await person.type('\u0003')).toContain('^C')
    expect(await person.type('echo $?\r')).toContain('130')
    await person.type('\u0004')
    expect(person.status()).toMatchObject({ status: 'Success' })
  })

  it('stops a job with Ctrl-Z and goes on with it', async () => {
    const person = await sitDown({ image: 'debian:12', command: ['bash'] })
    await person.type('sleep 50\r')
    expect(await person.type('\u001a')).toContain('[1]+  Stopped                 sleep 50\r\n')
    expect(await person.type('jobs\r', 10_000)).toContain('[1]+  Stopped')
    expect(await person.type('bg\r')).toContain('[1]+ sleep 50 &')
    await person.type('', 60_000)
    expect(await person.type('\r')).toContain('[1]+  Done                    sleep 50')
    await person.type('sleep 100 &\r')
    expect(await person.type('fg\r')).toContain('sleep 100')
    expect(await person.type('\u0003')).toContain('root@p')
    expect(await person.type('jobs\r')).not.toContain('sleep')
  })

  it('kills a job by its number', async () => {
    const person = await sitDown({ image: 'debian:12', command: ['bash'] })
    expect(await person.type('sleep 100 &\r')).toMatch(/\[1\] \d+\r\n/)
    await person.type('kill %1\r')
    expect(await person.type('\r')).toContain('[1]+  Terminated              sleep 100')
  })

  it('knows aliases, functions and what bash recalls', async () => {
    const person = await sitDown({ image: 'debian:12', command: ['bash'] })
    await person.type("alias k='echo kube'\r")
    expect(await person.type('k ctl\r')).toContain('kube ctl\r\n')
    expect(await person.type('!!\r')).toContain('kube ctl\r\n')
    expect(await person.type('history 2\r')).toContain('k ctl\r\n')
  })

  it('tells programs of a new size', async () => {
    const person = await sitDown({ image: 'debian:12', command: ['bash'] })
    await person.type("trap 'echo now $COLUMNS' WINCH\r")
    person.session.resize(120, 40)
    expect(await person.type('echo $LINES\r')).toContain('now 120')
  })

  it('reads without echo and one key at a time', async () => {
    const person = await sitDown({ image: 'debian:12', command: ['bash'] })
    await person.type('read -s -p "Password: " p\r')
    expect(await person.type('secret\r')).not.toContain('secret')
    expect(await person.type('echo $p\r')).toContain('secret')
    await person.type('read -n 1 k\r')
    await person.type('y')
    expect(await person.type('echo got $k\r')).toContain('got y\r\n')
  })
})
