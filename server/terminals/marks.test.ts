import { describe, expect, it } from 'vitest'
import { looksLikePrompt, type Mark, MarkScanner } from './marks.ts'

const output = 'a\x1b]133;D;3\x07\x1b]133;A\x07\x1b[1mweb\x1b[0m$ \x1b]133;B\x07ls\r\n\x1b]133;C\x1b\\file\r\n'
const marks: Mark[] = [
  { kind: 'end', offset: 1, exit: 3 },
  { kind: 'prompt', offset: output.indexOf('\x1b]133;A'), continuation: false },
  { kind: 'input', offset: output.indexOf('\x1b]133;B') },
  { kind: 'start', offset: output.indexOf('\x1b]133;C') },
]

describe('the mark scanner', () => {
  it('finds a shell’s marks and where they begin, ended by BEL or ST', () => {
    expect(new MarkScanner().scan(output)).toEqual(marks)
  })

  it('finds the same marks wherever the output is cut', () => {
    for (let cut = 0; cut <= output.length; cut++) {
      const scanner = new MarkScanner()
      expect([...scanner.scan(output.slice(0, cut)), ...scanner.scan(output.slice(cut))]).toEqual(marks)
    }
    const scanner = new MarkScanner()
    expect([...output].flatMap((character) => scanner.scan(character))).toEqual(marks)
  })

  it('tells a prompt that asks for the rest of a command', () => {
    expect(new MarkScanner().scan('\x1b]133;A;k=s\x07')).toEqual([{ kind: 'prompt', offset: 0, continuation: true }])
  })

  it('takes other sequences for what they are: titles, colours, character sets', () => {
    expect(new MarkScanner().scan('\x1b]0;133;A\x07\x1b[133;1H\x1b(B\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\')).toEqual([])
  })

  it('goes on after a sequence that was broken off by another', () => {
    expect(new MarkScanner().scan('\x1b]133;\x1b]133;B\x07')).toEqual([{ kind: 'input', offset: 6 }])
  })

  it('keeps no more of an endless sequence than a mark may be long', () => {
    const scanner = new MarkScanner()
    expect(scanner.scan(`\x1b]133;A${'x'.repeat(1_000_000)}`)).toEqual([])
    expect(scanner.scan('\x07\x1b]133;C\x07')).toHaveLength(1)
  })

  it('knows the last line without its colours', () => {
    const scanner = new MarkScanner()
    scanner.scan('hello\r\n\x1b[1;32m/ \x1b[0m# ')
    expect(scanner.tail).toBe('/ # ')
  })
})

describe('a line that looks like a prompt', () => {
  it.each(['/ # ', 'sh-5.2$ ', 'root@web-1:/# ', '>>> ', 'mysql> '])('is %j', (line) => expect(looksLikePrompt(line)).toBe(true))
  it.each(['', 'done.', 'https://example.org', '100% of it'])('is not %j', (line) => expect(looksLikePrompt(line)).toBe(false))
})
