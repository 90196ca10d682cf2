import { describe, expect, it } from 'vitest'
import { parseConfig } from './config.ts'

describe('present’s command line', () => {
  it('needs nothing', () => {
    expect(parseConfig('present', [])).toMatchObject({
      port: 4600,
      share: false,
      json: false,
      clusters: { kind: 'simulated' },
      deck: 'slides/kubernetes-monitoring/deck.md',
    })
  })

  it('takes a deck and options in any order', () => {
    expect(parseConfig('present', ['--port', '0', 'my.md', '--share', '--clusters=kubeconfig:/vms'])).toMatchObject({
      port: 0,
      share: true,
      deck: 'my.md',
      clusters: { kind: 'kubeconfig', folder: '/vms' },
    })
  })

  it.each([
    [['--prot', '1'], 'There is no option --prot. Did you mean --port?'],
    [['--frobnicate'], 'There is no option --frobnicate. The options are --port,'],
    [['-x'], 'There is no option -x.'],
    [['--port', 'abc'], '--port abc is not a port'],
    [['--port', '70000'], '--port 70000 is not a port'],
    [['--port', '-1'], '--port needs a value.'],
    [['--port'], '--port needs a value.'],
    [['--share=yes'], '--share takes no value.'],
    [['--clusters', 'real'], '--clusters real is not known: give simulated, none, or kubeconfig:FOLDER.'],
    [['--clusters', 'kubeconfig:'], '--clusters kubeconfig: is not known'],
    [['--host', 'a b'], '--host a b is not an address'],
    [['one.md', 'two.md'], 'Only one deck can be given, and one.md, two.md are 2.'],
  ])('says in one sentence what is wrong with %j', (argv, say) => {
    expect(() => parseConfig('present', argv)).toThrow(say)
  })

  it('explains itself', () => {
    expect(parseConfig('present', ['--help'])).toMatchObject({ command: 'help', text: expect.stringContaining('--share') })
    expect(parseConfig('replay', ['-h'])).toMatchObject({ command: 'help', text: expect.stringContaining('SESSION') })
  })
})

describe('replay’s command line', () => {
  it('takes a session', () => {
    expect(parseConfig('replay', ['20260102-030405-abcd', '--port', '0'])).toMatchObject({ session: '20260102-030405-abcd', port: 0 })
  })

  it('knows no options of other commands', () => {
    expect(() => parseConfig('replay', ['--share'])).toThrow('There is no option --share.')
  })
})
