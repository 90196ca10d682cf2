import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { create, patch, startTestApi } from './api.test-support.ts'
import { CORE_STRUCTS } from './core-structs.ts'

beforeEach(startTestApi)

describe('a refused change', () => {
  it('of a pod lists what would differ, in the server’s own structs', () => {
    create('v1/pods', { spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i:1' }] } })
    const [cause] = patch('v1/pods', { spec: { hostNetwork: true } }).causes
    expect(cause).toBe(
      [
        'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
        '@@ -44,7 +44,7 @@',
        '  "AutomountServiceAccountToken": false,',
        '  "NodeName": "",',
        '  "SecurityContext": {',
        '-  "HostNetwork": false,',
        '+  "HostNetwork": true,',
        '   "HostPID": false,',
        '   "HostIPC": false,',
        '   "ShareProcessNamespace": null,',
        '',
      ].join('\n'),
    )
  })

  it('of a job’s template shows the template so', () => {
    const containers = [{ name: 'c', image: 'i', command: ['sh', '-c', 'a && b'] }]
    create('batch/v1/jobs', { spec: { template: { metadata: { labels: { z: '1' } }, spec: { restartPolicy: 'Never', containers } } } })
    const [cause] = patch('batch/v1/jobs', { spec: { template: { spec: { restartPolicy: 'OnFailure' } } } }).causes
    expect(cause).toMatch(
      /^spec.template: Invalid value: {"labels":{"batch.kubernetes.io\/controller-uid":"[-0-9a-f]+","batch.kubernetes.io\/job-name":"x","controller-uid":"[-0-9a-f]+","job-name":"x","z":"1"},"Spec":{"Volumes":null,"InitContainers":null,"Containers":\[{"Name":"c","Image":"i","Command":\["sh","-c","a \\u0026\\u0026 b"\],"Args":null,/,
    )
    expect(cause).toMatch(
      /"RestartPolicy":"OnFailure".*"SecurityContext":{"HostNetwork":false,.*"SchedulingGroup":null}}: field is immutable$/,
    )
  })

  it('of a claim lists it too', () => {
    create('v1/persistentvolumeclaims', { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
    expect(patch('v1/persistentvolumeclaims', { spec: { accessModes: ['ReadWriteMany'] } }).causes[0]).toContain(
      'for bound claims\n@@ -1,6 +1,6 @@\n {\n  "AccessModes": [\n-  "ReadWriteOnce"\n+  "ReadWriteMany"\n  ],\n  "Selector": null,\n  "Resources": {\n',
    )
  })
})

describe('the server’s structs', () => {
  const { schemas } = JSON.parse(readFileSync(new URL('../../../manifests/simulator/schemas.json', import.meta.url), 'utf8')) as {
    schemas: { [name: string]: { properties?: object } | undefined }
  }
  const elsewhere = ['hostnetwork', 'hostpid', 'hostipc', 'shareprocessnamespace', 'hostusers', 'serviceaccount']
  const fieldsOf = (struct: string): string[] =>
    (CORE_STRUCTS[struct] ?? '').split(' ').flatMap((text) => {
      const [name = '', type = ''] = text.split(':')
      return name === '@' ? fieldsOf(type) : [name.replace('-', '').toLowerCase()]
    })
  it.each(Object.keys(CORE_STRUCTS).filter((name) => schemas[`io.k8s.api.core.v1.${name}`]?.properties))(
    '%s has the fields that clients know',
    (struct) => {
      const known = Object.keys(schemas[`io.k8s.api.core.v1.${struct}`]?.properties ?? {}).map((name) => name.toLowerCase())
      const plain = (names: string[]) => names.filter((name) => !elsewhere.includes(name)).toSorted()
      expect(plain(fieldsOf(struct))).toEqual(plain(known))
    },
  )
})
