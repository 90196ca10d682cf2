import { describe, expect, it } from 'vitest'
import { rewriteHtml, rewriteLocation } from './proxy-rewrite.ts'

const source = { prefix: '/api/v1/namespaces/default/services/web/proxy', hosts: ['10.32.0.5:80', 'localhost:8001'] }
const { prefix } = source

describe('a proxied page', () => {
  it.each([
    ['<a href="/a?b=1#c">x</a>', `<a href="${prefix}/a?b=1#c">x</a>`],
    ["<IMG class=i SRC='/i.png'>", `<IMG class=i SRC='${prefix}/i.png'>`],
    ['<script src=/app.js></script>', `<script src=${prefix}/app.js></script>`],
    ['<form action="/in" data-href="/x">', `<form action="${prefix}/in" data-href="/x">`],
    ['<link rel="x" href="http://10.32.0.5:80/s.css"/>', `<link rel="x" href="${prefix}/s.css"/>`],
    ['<a title="a > b" href="/x">', `<a title="a > b" href="${prefix}/x">`],
  ])('leads through the proxy with %s', (html, expected) => {
    expect(rewriteHtml(html, source)).toBe(expected)
  })

  it.each([
    '<a href="b">relative</a>',
    '<a href="https://example.org/x">elsewhere</a>',
    '<a href="//example.org/x">elsewhere</a>',
    `<a href="${prefix}/x">there already</a>`,
    '<p data-src="/x">1 < 2 and href="/y"</p>',
    '<script>const a = \'<a href="/x">\'</script>',
    '<!-- <a href="/x"> -->',
    '<a href="/never ends',
  ])('leaves %s alone', (html) => {
    expect(rewriteHtml(html, source)).toBe(html)
  })

  it('is read in time, whatever it is made of', () => {
    const began = performance.now()
    for (const part of ['<a', '<!--', '<a "', '<script>', "<a href='/x' ", '<a b ', '<a '.padEnd(50, 'x')])
      rewriteHtml(part.repeat(200_000), source)
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it('is redirected through the proxy within its own server only', () => {
    expect(rewriteLocation('/login', source)).toBe(`${prefix}/login`)
    expect(rewriteLocation('http://localhost:8001/login', source)).toBe(`${prefix}/login`)
    expect(rewriteLocation('https://example.org/login', source)).toBe('https://example.org/login')
    expect(rewriteLocation('next', source)).toBe('next')
  })
})
