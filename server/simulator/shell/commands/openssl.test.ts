import { describe, expect, it } from 'vitest'
import { run } from '../shell.test-support.ts'

/** Made by OpenSSL 3.0, whose words the expectations are. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUSq9iDp9kRmtPq/Cb2N+pUdvBcfcwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAeFw0yNjExMjIyMzQzNThaFw0zNjExMTky
MzQzNThaMBUxEzARBgNVBAMMCmt1YmVybmV0ZXMwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARDBUwK5VHhwKIaavm/TiHsZADhn16c0vEDyUFBkaReWSyEZwseEvDL
yuB6OFQ30sH/ytMyN8sx8mU5hL5MFOsbo1MwUTAdBgNVHQ4EFgQUFqDA2+ax3ayF
lMBzsM7Zo7YKRzgwHwYDVR0jBBgwFoAUFqDA2+ax3ayFlMBzsM7Zo7YKRzgwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA4hZv7m13hJ/8qmCmKL4Y
JvwXwIEDpgyKNCWU9lYQI+ICIQDy3ViknkLSSm5hS4fF8UrtDkNsfAX3CpnWdVqH
0FHU8A==
-----END CERTIFICATE-----
`
const image = 'nicolaka/netshoot'
const ask = (script: string) => run(`cat > /tmp/c.pem <<'X'\n${certificate}X\n${script}`, { image })

describe('openssl', () => {
  it('tells what is in a certificate', async () => {
    const { out } = await ask('openssl x509 -in /tmp/c.pem -noout -text')
    expect(out).toBe(`Certificate:
    Data:
        Version: 3 (0x2)
        Serial Number:
            4a:af:62:0e:9f:64:46:6b:4f:ab:f0:9b:d8:df:a9:51:db:c1:71:f7
        Signature Algorithm: ecdsa-with-SHA256
        Issuer: CN = kubernetes
        Validity
            Not Before: Nov 22 23:43:58 2026 GMT
            Not After : Nov 19 23:43:58 2036 GMT
        Subject: CN = kubernetes
        Subject Public Key Info:
            Public Key Algorithm: id-ecPublicKey
                Public-Key: (256 bit)
                pub:
                    04:43:05:4c:0a:e5:51:e1:c0:a2:1a:6a:f9:bf:4e:
                    21:ec:64:00:e1:9f:5e:9c:d2:f1:03:c9:41:41:91:
                    a4:5e:59:2c:84:67:0b:1e:12:f0:cb:ca:e0:7a:38:
                    54:37:d2:c1:ff:ca:d3:32:37:cb:31:f2:65:39:84:
                    be:4c:14:eb:1b
                ASN1 OID: prime256v1
                NIST CURVE: P-256
        X509v3 extensions:
            X509v3 Subject Key Identifier: 
                16:A0:C0:DB:E6:B1:DD:AC:85:94:C0:73:B0:CE:D9:A3:B6:0A:47:38
            X509v3 Authority Key Identifier: 
                16:A0:C0:DB:E6:B1:DD:AC:85:94:C0:73:B0:CE:D9:A3:B6:0A:47:38
            X509v3 Basic Constraints: critical
                CA:TRUE
    Signature Algorithm: ecdsa-with-SHA256
    Signature Value:
        30:46:02:21:00:e2:16:6f:ee:6d:77:84:9f:fc:aa:60:a6:28:
        be:18:26:fc:17:c0:81:03:a6:0c:8a:34:25:94:f6:56:10:23:
        e2:02:21:00:f2:dd:58:a4:9e:42:d2:4a:6e:61:4b:87:c5:f1:
        4a:ed:0e:43:6c:7c:05:f7:0a:99:d6:75:5a:87:d0:51:d4:f0
`)
  })

  it('gives it back as it was, from its input too', async () => {
    expect((await ask('openssl x509 < /tmp/c.pem')).out).toBe(certificate)
  })

  it.each([
    ['openssl x509 -in /tmp/c.pem -noout -enddate -subject', 0, 'notAfter=%AFTER%\nsubject=CN = kubernetes\n'],
    ['openssl x509 -in /tmp/c.pem -noout -checkend 60', 0, 'Certificate will not expire\n'],
    ['openssl x509 -in /etc/passwd -noout -text', 1, ''],
    ['openssl verify -CAfile /tmp/c.pem /tmp/c.pem', 0, '/tmp/c.pem: OK\n'],
    ['openssl rand -hex 16 | wc -c', 0, '33\n'],
    ['echo hi | openssl base64', 0, 'aGkK\n'],
    ['echo aGkK | openssl enc -base64 -d', 0, 'hi\n'],
    ['printf abc | openssl dgst -sha256', 0, 'SHA2-256(stdin)= ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n'],
    ['openssl s_client -connect localhost:9 < /dev/null', 1, ''],
    ['openssl genrsa 2048', 1, ''],
  ])('%s', async (script, code, out) => {
    const ran = await ask(script)
    expect([ran.code, ran.out]).toEqual([code, out.replace('%AFTER%', 'Nov 19 23:43:58 2036 GMT')])
  })
})

describe('programs that only start others, and small ones', () => {
  it.each([
    ['nohup echo x; nice -n 5 echo y; setsid echo z', 'x\ny\nz\n'],
    ['head -c 500 /dev/urandom | wc -c; printf aéb | head -c 3; echo; printf aéb | tail -c 3', '500\naé\néb'],
    ['shuf -i 1-5 | sort | tr -d "\n"', '12345'],
    ['factor 12 97', '12: 2 2 3\n97: 97\n'],
    ['sysctl net.ipv4.ip_forward; sysctl -n net.core.somaxconn', 'net.ipv4.ip_forward = 1\n4096\n'],
    ['lsof -p 1 | wc -l', '3\n'],
    [
      'mkdir /www; echo page > /www/index.html; httpd -p 8080 -h /www; wget -qO- http://127.0.0.1:8080/; wget -qO- http://127.0.0.1:8080/no || echo $?',
      'page\n1\n',
    ],
  ])('%s', async (script, expected) => {
    expect((await run(script)).out).toBe(expected)
  })
})
