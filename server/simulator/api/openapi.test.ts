import { expect, it } from 'vitest'
import { TestServer } from './server.test-support.ts'
import type { JsonObject } from '../resources/object.ts'

const server = new TestServer()
const { body: index } = server.send('GET', '/openapi/v3')

it.each([
  '/openapi/v2',
  ...Object.values(index['paths'] as { [path: string]: { serverRelativeURL: string } }).map((each) => each.serverRelativeURL),
])('client generators find everything that %s refers to', (url) => {
  const { body } = server.send('GET', url)
  const references = new Set([...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path))
  const missing = [...references].filter((path) => {
    const parts = path.split('/')
    return parts.reduce<JsonObject | undefined>((at, part) => at?.[part] as JsonObject | undefined, body) === undefined
  })
  expect([references.size > 0, missing]).toEqual([true, []])
})
