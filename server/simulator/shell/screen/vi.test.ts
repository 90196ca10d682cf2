import { describe, expect, it } from 'vitest'
import { sitDown } from '../shell.test-support.ts'

/** Edits a file with some keys and gives what it then holds. */
async function edited(text: string, keys: string): Promise<string> {
  const person = await sitDown()
  await person.type(`printf '${text}' > /tmp/f; vi /tmp/f\r`)
  await person.type(keys)
  await person.type('\u001b:wq\r')
  const shown = await person.type('cat /tmp/f\r')
  return shown
    .replace(/^.*?\r\n/s, '')
    .replace(/\/ # .*$/s, '')
    .replaceAll('\r\n', '\n')
}

describe('vi', () => {
  const cases: readonly (readonly [text: string, keys: string, result: string])[] = [
    ['one\\ntwo\\n', 'ihello \u001b', 'hello one\ntwo\n'],
    ['one\\ntwo\\n', 'A!\u001bjIx\u001b', 'one!\nxtwo\n'],
    ['one\\ntwo\\nthree\\n', 'jdd', 'one\nthree\n'],
    ['one\\ntwo\\n', 'yyjp', 'one\ntwo\none\n'],
    ['one\\ntwo\\nthree\\n', '2ddP', 'one\ntwo\nthree\n'],
    ['one two three\\n', 'wcwTWO\u001b', 'one TWO three\n'],
    ['one two three\\n', 'dwx', 'wo three\n'],
    ['one two three\\n', '$bd0', 'three\n'],
    ['a b\\nc d\\n', ':%s/[bd]/X/g\r', 'a X\nc X\n'],
    ['a\\nb\\n', 'ddu', 'a\nb\n'],
    ['a\\nb\\nc\\n', 'Gonew\u001bggOtop\u001b', 'top\na\nb\nc\nnew\n'],
    ['x y\\nfind me\\n', '/me\rrMA!\u001b', 'x y\nfind Me!\n'],
    ['abc abc\\n', 'xfb.', 'bc ac\n'],
    ['say (hello) now\\n', 'fhci(bye\u001b', 'say (bye) now\n'],
    ['a\\nb\\nc\\n', ':2d\r', 'a\nc\n'],
    ['a\\nb\\n', 'J~', 'aB\n'.replace('aB', 'a b')],
    ['image: nginx:1.26\\n', 'f6r7', 'image: nginx:1.27\n'],
    ['abc\\n', 'ix\u007fy\u001b', 'yabc\n'],
  ]
  it.each(cases.map(([text, keys, result]) => ({ text, keys, result })))('$text after $keys', async ({ text, keys, result }) => {
    expect(await edited(text, keys)).toBe(result)
  })

  it('does not leave a changed text without being told to', async () => {
    const person = await sitDown()
    await person.type('echo old > /tmp/f; vi /tmp/f\r')
    expect(await person.type('dd:q\r')).toContain('No write since last change')
    expect(await person.type(':q!\r')).toContain('/ # ')
    expect(await person.type('cat /tmp/f\r')).toContain('old\r\n')
  })

  it('numbers lines and fills a screen of another size', async () => {
    const person = await sitDown()
    await person.type('seq 1 50 > /tmp/f; vi /tmp/f\r', 500)
    expect(await person.type(':set nu\r')).toMatch(/ {2}1 1\u001b\[K/)
    person.session.resize(60, 10)
    expect(await person.type('G')).toContain(' 50 50\u001b[K')
    expect(await person.type(':q\r')).toContain('/ # ')
  })

  it('says that a file cannot be written', async () => {
    const person = await sitDown({ container: { securityContext: { readOnlyRootFilesystem: true } } })
    await person.type('vi /etc/f\r')
    expect(await person.type('ix\u001b:w\r')).toContain("'/etc/f' Read-only file system")
  })
})

describe('less', () => {
  it('pages, searches and quits, behind a pipe too', async () => {
    const person = await sitDown()
    expect(await person.type('seq 1 100 | less\r', 500)).toContain('1\u001b[K\r\n2\u001b[K')
    expect(await person.type(' ')).toContain('24\u001b[K')
    expect(await person.type('/77\r')).toContain('77')
    expect(await person.type('G')).toContain('(END)')
    expect(await person.type('q')).toContain('/ # ')
  })
})
