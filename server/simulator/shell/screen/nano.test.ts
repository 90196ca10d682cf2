import { describe, expect, it } from 'vitest'
import { sitDown } from '../shell.test-support.ts'

/** Edits a file with some keys and gives what it then holds. */
async function edited(text: string, keys: string): Promise<string> {
  const person = await sitDown({ image: 'nicolaka/netshoot', command: ['sh'] })
  await person.type(`printf '${text}' > /tmp/f; nano /tmp/f\r`)
  await person.type(keys)
  await person.type('\u0018y\r')
  const shown = await person.type('cat /tmp/f; echo; echo end\r')
  return (/end\r\n(.*)\nend\r\n/s.exec(shown.replace(/^[^\n]*\n/, 'end\r\n'))?.[1] ?? shown).replaceAll('\r\n', '\n').trimEnd()
}

describe('nano', () => {
  it.each([
    ['one\\ntwo\\n', 'hello ', 'hello one\ntwo'],
    ['one\\ntwo\\n', '\u0005!\u001b[B\u0001x', 'one!\nxtwo'],
    ['one\\ntwo\\nthree\\n', '\u000b\u000b\u0015\u0015', 'one\ntwo\none\ntwo\nthree'],
    ['image: nginx:1.26\\n', '\u0005\u007f7', 'image: nginx:1.27'],
    ['ab\\n', '\u001b[C\r', 'a\nb'],
    ['x y\\nfind me\\n', '\u0017me\r!', 'x y\nfind !me'],
    ['a\\nb\\n', 'zz\u001bu', 'za\nb'],
  ])('makes of %j with %j %j', async (text, keys, result) => {
    expect(await edited(text, keys)).toBe(result)
  })

  it('shows what it edits, asks before it loses a change and leaves the screen as it was', async () => {
    const person = await sitDown({ image: 'nicolaka/netshoot', command: ['sh'] })
    await person.type('echo old > /tmp/f\r')
    expect(await person.type('nano /tmp/f\r')).toMatch(/GNU nano[^]*\/tmp\/f[^]*old[^]*Read 1 line[^]*Write Out/)
    expect(await person.type('x\u0018')).toContain('Save modified buffer?')
    expect(await person.type('n')).toMatch(/\u001b\[\?1049l[^]*# $/)
    expect(await person.type('cat /tmp/f\r')).toContain('old\r\n')
  })
})
