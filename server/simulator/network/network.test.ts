import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseImage } from '../images/schema.ts'
import { serviceFor, testCluster } from '../images/test-cluster.ts'
import type { TestCluster } from '../images/test-cluster.ts'
import type { NetworkPolicySpec, Node } from '../resources/kinds.ts'
import { networkAnnotation } from './links.ts'

const folder = new URL('../../../manifests/simulator/images/', import.meta.url)
const images = readdirSync(folder).map((name) => parseImage(parse(readFileSync(new URL(name, folder), 'utf8')), name))

const [client, web, dns] = ['10.32.0.7', '10.32.0.5', '10.32.0.2']

describe('a connection to a pod', () => {
  it('is refused where nothing listens, opens where something does, and finds no host where there is none', async () => {
    const lab = await started()
    expect(outcomes(lab, web, 80)).toEqual(['endpoint'])
    expect(outcomes(lab, web, 81)).toEqual(['refused'])
    expect(outcomes(lab, '10.32.0.99', 80)).toEqual(['unreachable'])
    expect(outcomes(lab, '192.0.2.1', 80)).toEqual(['timeout'])
  })
})

describe('network policies', () => {
  const cases: readonly (readonly [string, NetworkPolicySpec, string])[] = [
    ['drop everything to a pod that one selects with no rules', { podSelector: {} }, 'timeout'],
    ['do not touch pods that they do not select', { podSelector: { matchLabels: { app: 'other' } } }, 'endpoint'],
    [
      'let in the pods that a rule names',
      { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'client' } } }] }] },
      'endpoint',
    ],
    [
      'keep out the pods that no rule names',
      { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'no' } } }] }] },
      'timeout',
    ],
    [
      'ask for both selectors of one peer',
      { podSelector: {}, ingress: [{ from: [{ podSelector: {}, namespaceSelector: { matchLabels: { team: 'b' } } }] }] },
      'timeout',
    ],
    [
      'know namespaces by their labels',
      { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'a' } } }] }] },
      'endpoint',
    ],
    ['hold for single ports', { podSelector: {}, ingress: [{ ports: [{ port: 81 }] }] }, 'timeout'],
    ['know ranges of ports', { podSelector: {}, ingress: [{ ports: [{ port: 70, endPort: 90 }] }] }, 'endpoint'],
    ["know ports by the receiver's names for them", { podSelector: {}, ingress: [{ ports: [{ port: 'http' }] }] }, 'endpoint'],
    [
      'know blocks of addresses, and exceptions from them',
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.32.0.0/16', except: ['10.32.0.7/32'] } }] }] },
      'timeout',
    ],
    ['hold for what leaves a pod too', { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'] }, 'timeout'],
    [
      'let out what a rule names',
      {
        podSelector: { matchLabels: { app: 'client' } },
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 80 }] }],
      },
      'endpoint',
    ],
  ]
  it.each(cases)('%s', async (_, spec, expected) => {
    const lab = await started()
    lab.add({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'p', namespace: 'default' }, spec })
    expect(outcomes(lab, web, 80)).toEqual([expected])
  })

  it('never keep a node from its own pods, so that probes arrive', async () => {
    const lab = await started()
    lab.add({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'default' },
      spec: { podSelector: {} },
    })
    expect(outcomes(lab, web, 80, '10.0.0.10')).toEqual(['endpoint'])
  })

  it('take DNS away from a pod that may not send anything', async () => {
    const lab = await started()
    lab.add({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'default' },
      spec: { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'] },
    })
    expect(await timed(lab, lab.runtime.network.query(client, 'web.default.svc.cluster.local', 'A', ['10.96.0.10']))).toEqual({
      status: 'timeout',
    })
  })
})

describe('a service', () => {
  it('has as many ways as endpoints, is refused without any, and drops what goes to other ports', async () => {
    const lab = await started()
    expect(outcomes(lab, '10.96.7.7', 80)).toEqual(['endpoint', 'endpoint'])
    expect(outcomes(lab, '10.96.7.7', 81)).toEqual(['timeout'])
    expect(outcomes(lab, '10.96.7.9', 80)).toEqual(['refused'])
  })

  it('keeps a client at one endpoint when it is told to', async () => {
    const lab = await started()
    lab.add(
      ...serviceFor('sticky', '10.96.7.10', 80, 80, [web, '10.32.0.6']).map((each) =>
        each.kind === 'Service' ? { ...each, spec: { ...each.spec, sessionAffinity: 'ClientIP' } } : each,
      ),
    )
    expect(outcomes(lab, '10.96.7.10', 80)).toEqual(['endpoint'])
  })

  it('is there on every node at its node port, and a pod at its host port', async () => {
    const lab = await started()
    expect(outcomes(lab, '10.0.0.11', 30_080)).toEqual(['endpoint'])
    expect(outcomes(lab, '10.0.0.10', 8080)).toEqual(['endpoint'])
    expect(outcomes(lab, '10.0.0.11', 8080)).toEqual(['refused'])
  })

  it('stays as it was on a node whose kube-proxy has stopped', async () => {
    const lab = await started()
    const proxy = lab.runtime.create({
      pod: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'kube-proxy-x', namespace: 'kube-system' },
        spec: { hostNetwork: true, nodeName: 'node-0', containers: [{ name: 'p', image: 'registry.k8s.io/kube-proxy:v1.36.2' }] },
        status: { podIP: '10.0.0.10' },
      },
      container: { name: 'p', image: 'registry.k8s.io/kube-proxy:v1.36.2' },
      env: {},
      mounts: [],
      restartCount: 0,
      node: 'node-0',
    })
    proxy.start(() => undefined)
    const later = (name: string, ip: string) => lab.add(...serviceFor(name, ip, 80, 80, [web]))
    later('one', '10.96.8.1')
    expect(outcomes(lab, '10.96.8.1', 80)).toEqual(['endpoint'])
    proxy.signal('SIGKILL')
    later('two', '10.96.8.2')
    expect(outcomes(lab, '10.96.8.1', 80)).toEqual(['endpoint'])
    expect(outcomes(lab, '10.96.8.2', 80)).toEqual(['timeout'])
    expect(outcomes(lab, '10.96.8.2', 80, '10.32.1.4')).toEqual(['endpoint'])
  })
})

describe('trouble in the network', () => {
  it('slows down and loses what crosses a node, and nothing inside it', async () => {
    const lab = await started({ [networkAnnotation]: 'latency=200ms,loss=5%' })
    const [across] = lab.runtime.network.routes('10.32.1.4', web, 80)
    expect(across?.link).toEqual({ latency: 200.3, loss: expect.closeTo(0.05) })
    const [inside] = lab.runtime.network.routes(client, web, 80)
    expect(inside?.link).toEqual({ latency: 0, loss: 0 })
  })

  it('can be between two nodes only', async () => {
    const lab = await started({ [networkAnnotation]: 'loss=100%,to=node-9' })
    expect(outcomes(lab, web, 80, '10.32.1.4')).toEqual(['endpoint'])
    const cut = await started({ [networkAnnotation]: 'loss=100%,to=node-1' })
    expect(outcomes(cut, web, 80, '10.32.1.4')).toEqual(['timeout'])
  })
})

describe('cluster DNS', () => {
  it('answers as its Corefile says, and writes what it could not find out', async () => {
    const lab = await started()
    lab.add({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      data: {
        Corefile:
          '.:53 {\n  errors\n  log\n  hosts {\n    192.0.2.7 legacy.example.com\n    fallthrough\n  }\n  kubernetes cluster.local\n  forward . /etc/resolv.conf\n}\n',
      },
    })
    const ask = (name: string) => timed(lab, lab.runtime.network.query(client, name, 'A', ['10.96.0.10']))
    expect(await ask('web.default.svc.cluster.local')).toMatchObject({ status: 'NOERROR', records: [{ data: '10.96.7.7' }] })
    expect(await ask('legacy.example.com')).toMatchObject({ records: [{ data: '192.0.2.7' }] })
    expect(await ask('nope.default.svc.cluster.local')).toMatchObject({ status: 'NXDOMAIN' })
    expect(await ask('www.example.com')).toMatchObject({ status: 'SERVFAIL' })
    const log = lab.runtime.containers()[0]?.logs.read({ timestamps: false }) ?? ''
    expect(log).toMatch(/\[INFO\] 10\.32\.0\.7:\d+ - \d+ "A IN web\.default\.svc\.cluster\.local\. udp 47 false 512" NOERROR qr,aa,rd/)
    expect(log).toMatch(/\[ERROR\] plugin\/errors: 2 www\.example\.com\. A: read udp 10\.32\.0\.2:\d+->10\.0\.0\.2:53: i\/o timeout/)
  })

  it('knows pods by their addresses where a service has them', async () => {
    const lab = await started()
    expect(await timed(lab, lab.runtime.network.query(client, web, 'PTR', ['10.96.0.10']))).toMatchObject({
      records: [{ data: '10-32-0-5.web.default.svc.cluster.local.' }, { data: '10-32-0-5.published.default.svc.cluster.local.' }],
    })
  })
})

async function timed<T>(lab: TestCluster, answer: Promise<T>): Promise<T> {
  await lab.clock.advance(60_000)
  return answer
}

function outcomes(lab: TestCluster, to: string, port: number, from = client): string[] {
  return lab.runtime.network.routes(from, to, port).map((route) => route.to)
}

async function started(annotations: Record<string, string> = {}): Promise<TestCluster> {
  const lab = testCluster(images)
  lab.start({ image: 'registry.k8s.io/coredns/coredns:v1.14.2' }, { name: 'coredns', ip: dns })
  lab.start(
    { image: 'nginx', ports: [{ name: 'http', containerPort: 80, hostPort: 8080 }] },
    { name: 'web', ip: web, labels: { app: 'web' } },
  )
  lab.start({ image: 'nginx' }, { name: 'web-2', ip: '10.32.0.6', labels: { app: 'web-2' } })
  lab.start({ image: 'alpine', command: ['sleep', '9999'] }, { name: 'client', ip: client, labels: { app: 'client' } })
  const far = lab.start({ image: 'alpine', command: ['sleep', '9999'] }, { name: 'far', ip: '10.32.1.4' })
  Object.assign(far.config.pod.spec ?? {}, { nodeName: 'node-1' })
  const node = (name: string, address: string, more: Record<string, string>): Node => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations: more },
    status: { addresses: [{ type: 'InternalIP', address }] },
  })
  const published = serviceFor('published', '10.96.7.11', 80, 80, [web]).map((each) =>
    each.kind === 'Service' ? { ...each, spec: { ...each.spec, ports: [{ port: 80, nodePort: 30_080 }] } } : each,
  )
  lab.add(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', labels: { team: 'a' } } },
    node('node-0', '10.0.0.10', annotations),
    node('node-1', '10.0.0.11', {}),
    ...serviceFor('kube-dns', '10.96.0.10', 53, 53, [dns], 'kube-system', 'dns'),
    ...serviceFor('web', '10.96.7.7', 80, 80, [web, '10.32.0.6']),
    ...serviceFor('nobody', '10.96.7.9', 80, 80, []),
    ...published,
  )
  await lab.clock.advance(1000)
  return lab
}
