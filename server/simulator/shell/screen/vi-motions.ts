import type { Place, ViBuffer } from './vi-buffer.ts'

export interface Motion extends Place {
  /** Works on whole lines. */
  readonly lines?: boolean
  /** An operator takes the character there too. */
  readonly inclusive?: boolean
}

const kindOf = (char: string | undefined, big: boolean) =>
  char === undefined || /\s/.test(char) ? 'blank' : big || /\w/.test(char) ? 'word' : 'mark'

/** The place of the next word's beginning or end, or the last one's beginning. */
function word(buffer: ViBuffer, direction: 'next' | 'end' | 'back', big: boolean): Place {
  const text = buffer.lines.join('\n')
  const starts = buffer.lines.map(() => 0)
  let sum = 0
  for (const [index, line] of buffer.lines.entries()) {
    starts[index] = sum
    sum += line.length + 1
  }
  let at = (starts[buffer.row] ?? 0) + buffer.column
  const kind = (offset: number) => kindOf(text[offset], big)
  if (direction === 'next') {
    const first = kind(at)
    if (first !== 'blank') while (at < text.length && kind(at) === first) at++
    while (at < text.length && kind(at) === 'blank' && !(text[at] === '\n' && text[at + 1] === '\n')) at++
  } else if (direction === 'end') {
    at++
    while (at < text.length && kind(at) === 'blank') at++
    while (at + 1 < text.length && kind(at + 1) === kind(at)) at++
  } else {
    at--
    while (at > 0 && kind(at) === 'blank') at--
    while (at > 0 && kind(at - 1) === kind(at)) at--
  }
  at = Math.min(Math.max(at, 0), text.length)
  const row = starts.findLastIndex((start) => start <= at)
  return { row, column: at - (starts[row] ?? 0) }
}

const firstText = (line: string) => Math.max(line.search(/\S/), 0)

/** The place that a motion's key leads to. @param count 0 when none was typed @param page rows on the screen */
export function motionOf(key: string, count: number, buffer: ViBuffer, page: number): Motion | undefined {
  const { row, column } = buffer
  const times = Math.max(count, 1)
  const many = (direction: 'next' | 'end' | 'back', big: boolean): Place => {
    const start = { row, column }
    for (let turn = 0; turn < times; turn++) buffer.go(word(buffer, direction, big))
    const place = { row: buffer.row, column: buffer.column }
    buffer.go(start)
    return place
  }
  const line = (to: number): Motion => ({
    row: to,
    column: firstText(buffer.lines[Math.min(Math.max(to, 0), buffer.lines.length - 1)] ?? ''),
    lines: true,
  })
  const updown = (by: number): Motion => ({ row: row + by, column, lines: true })
  switch (key) {
    case 'h':
    case '\u001b[D':
    case '\u001bOD':
    case '\u007f':
    case '\b':
      return { row, column: Math.max(column - times, 0) }
    case 'l':
    case ' ':
    case '\u001b[C':
    case '\u001bOC':
      return { row, column: Math.min(column + times, buffer.line.length) }
    case 'j':
    case '\u001b[B':
    case '\u001bOB':
    case '\u000e':
      return updown(times)
    case 'k':
    case '\u001b[A':
    case '\u001bOA':
    case '\u0010':
      return updown(-times)
    case '+':
    case '\r':
      return line(row + times)
    case '-':
      return line(row - times)
    case '0':
    case '\u001b[H':
    case '\u001b[1~':
      return { row, column: 0 }
    case '^':
      return { row, column: firstText(buffer.line) }
    case '$':
    case '\u001b[F':
    case '\u001b[4~':
      return { row: row + times - 1, column: Math.max((buffer.lines[row + times - 1] ?? '').length - 1, 0), inclusive: true }
    case 'w':
      return many('next', false)
    case 'W':
      return many('next', true)
    case 'e':
      return { ...many('end', false), inclusive: true }
    case 'E':
      return { ...many('end', true), inclusive: true }
    case 'b':
      return many('back', false)
    case 'B':
      return many('back', true)
    case 'G':
      return line(count > 0 ? count - 1 : buffer.lines.length - 1)
    case 'gg':
      return line(count > 0 ? count - 1 : 0)
    case '\u0006':
    case '\u001b[6~':
      return updown(page - 2)
    case '\u0002':
    case '\u001b[5~':
      return updown(2 - page)
    case '\u0004':
      return updown(Math.floor(page / 2))
    case '\u0015':
      return updown(-Math.floor(page / 2))
    case '}':
      return { row: paragraph(buffer, 1), column: 0 }
    case '{':
      return { row: paragraph(buffer, -1), column: 0 }
    case '%':
      return bracket(buffer)
    default:
      return undefined
  }
}

function paragraph(buffer: ViBuffer, step: 1 | -1): number {
  let at = buffer.row + step
  while (at > 0 && at < buffer.lines.length - 1 && buffer.lines[at] !== '') at += step
  return at
}

const partners: Record<string, string> = { '(': ')', '[': ']', '{': '}', ')': '(', ']': '[', '}': '{' }

function bracket(buffer: ViBuffer): Motion | undefined {
  const column = buffer.line.slice(buffer.column).search(/[()[\]{}]/) + buffer.column
  const open = buffer.line[column] ?? ''
  const close = partners[open]
  if (close === undefined || column < buffer.column) return undefined
  const step = '([{'.includes(open) ? 1 : -1
  let depth = 0
  for (let row = buffer.row; row >= 0 && row < buffer.lines.length; row += step) {
    const line = buffer.lines[row] ?? ''
    for (let at = row === buffer.row ? column : step > 0 ? 0 : line.length - 1; at >= 0 && at < line.length; at += step) {
      if (line[at] === open) depth++
      else if (line[at] === close) depth--
      if (depth === 0) return { row, column: at, inclusive: true }
    }
  }
  return undefined
}

/** `f`, `t`, `F`, `T`: a character on the same line. */
export function findOnLine(buffer: ViBuffer, kind: string, char: string, times: number): Motion | undefined {
  let at = buffer.column
  for (let turn = 0; turn < times; turn++) {
    at = kind === 'f' || kind === 't' ? buffer.line.indexOf(char, at + 1) : at > 0 ? buffer.line.lastIndexOf(char, at - 1) : -1
    if (at < 0) return undefined
  }
  if (kind === 't') at--
  if (kind === 'T') at++
  return { row: buffer.row, column: at, ...(kind === 'f' || kind === 't' ? { inclusive: true } : {}) }
}
