import { describe, expect, it } from 'vitest'
import { htmlToTree } from './html-tree.ts'
import { treeToSafeHtml } from './markdown.ts'

describe('colours for code', () => {
  it.each([
    ['bash', 'for pod in a; do echo "$pod"; done', 'keyword', 'for'],
    ['yaml', 'kind: Pod', 'attr', 'kind:'],
    ['json', '{"a": true}', 'attr', '"a"'],
    ['dockerfile', 'FROM golang:1.24 AS build', 'keyword', 'FROM'],
    ['go', 'func main() {}', 'keyword', 'func'],
    ['python', 'def main(): pass', 'keyword', 'def'],
    ['typescript', 'const a = 1', 'keyword', 'const'],
    ['promql', 'sum by (pod) (rate(up{job="a"}[5m]))', 'keyword', 'sum'],
    ['promql', 'rate(up{job="a"}[5m])', 'number', '5m'],
    ['logql', '{app="shop"} |= "error" | json', 'keyword', 'json'],
    ['hcl', 'resource "a" "b" { count = 2 }', 'keyword', 'resource'],
    ['console', '$ kubectl get pods\nNAME', 'strong', '$ kubectl get pods'],
  ])('%s: %s', (language, source, scope, token) => {
    const code = source.replaceAll('"', '&quot;')
    const html = treeToSafeHtml(htmlToTree(`<pre><code class="language-${language}">${code}</code></pre>`), [], () => {})
    expect(html).toContain(`<span class="hljs-${scope}">${token}</span>`)
  })
})
