import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, test } from '@playwright/test'
import { runToEnd } from './deckhand.ts'

/** Each mistake gets one clear sentence, a status that is not 0 and no stack. */
const sentence = (output: string): void => {
  expect(output).not.toMatch(/\n\s+at .*:\d+:\d+/)
  expect(output.trim().split('\n').length).toBeLessThanOrEqual(4)
}

test('a port in use is named, with what to do', async ({}, info) => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => squatter.once('listening', resolve))
  const address = squatter.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const { code, output } = await runToEnd(['present', '--port', String(port), '--state', info.outputPath('state')])
  squatter.close()
  expect(code).not.toBe(0)
  expect(output).toContain(`Port ${port}`)
  expect(output).toContain('--port')
  sentence(output)
})

test('a deck that is not there is named', async ({}, info) => {
  const { code, output } = await runToEnd(['present', 'no/such/deck.md', '--port', '0', '--state', info.outputPath('state')])
  expect(code).not.toBe(0)
  expect(output).toContain('no/such/deck.md')
  sentence(output)
})

test('a deck whose front matter does not parse is named with its line', async ({}, info) => {
  const deck = info.outputPath('bad.md')
  writeFileSync(deck, '---\ntitle: [1, 2\n---\n\n# Hello\n')
  const { code, output } = await runToEnd(['present', deck, '--port', '0', '--state', info.outputPath('state')])
  expect(code).not.toBe(0)
  expect(output).toMatch(/bad\.md.*\d/)
  sentence(output)
})

test('an unknown flag or command is named, with the one that was meant', async () => {
  const flag = await runToEnd(['present', '--prot', '1'])
  expect(flag.code).toBe(2)
  expect(flag.output).toContain('--prot')
  sentence(flag.output)
  const command = await runToEnd(['presnt'])
  expect(command.code).toBe(2)
  expect(command.output).toContain('present')
  sentence(command.output)
})

test('a replay of a session that is not there says so', async ({}, info) => {
  const { code, output } = await runToEnd(['replay', 'nope', '--state', info.outputPath('state')])
  expect(code).not.toBe(0)
  expect(output).toContain('nope')
  sentence(output)
})
