import { describe, expect, it } from 'vitest'
import { portsIn } from './port-links.ts'

describe('ports in a terminal’s line', () => {
  it('are found where port-forward, a server or a person names them', () => {
    expect(portsIn('Forwarding from 127.0.0.1:8080 -> 80')).toEqual([{ at: 16, text: '127.0.0.1:8080', port: 8080, path: '' }])
    expect(portsIn('curl http://localhost:3000/a?b=1 "[::1]:90"').map(({ text, port, path }) => [text, port, path])).toEqual([
      ['http://localhost:3000/a?b=1', 3000, '/a?b=1'],
      ['[::1]:90', 90, ''],
    ])
  })

  it('are not found elsewhere', () => {
    for (const line of ['10.127.0.0.1:80', 'mylocalhost:80', '127.0.0.1:0', 'localhost:123456', 'https://127.0.0.1:6443', '127.0.0.1'])
      expect(portsIn(line)).toEqual([])
  })
})
