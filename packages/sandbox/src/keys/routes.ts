import { z } from 'zod'
import { encryptAead } from '../../../../src/wechat/cipher.ts'
import { createNonce } from '../../../../src/wechat/signature.ts'
import { toBeijingTime } from '../beijing-time.ts'
import { parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call, Route } from '../http/route.ts'
import type { PlatformCertificate } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { livingCertificates } from './platform-certificates.ts'

const ASSOCIATED_DATA = 'certificate'

/** `GET /v3/certificates`. Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/wechatpay5_1.shtml */
async function certificates(world: World, call: Call): Promise<Answer> {
  parseParameters(z.strictObject({}), Object.fromEntries(call.query), 'query')
  if (world.settings.signedBy === 'public-key') {
    throw new PayError(
      'RESOURCE_NOT_EXISTS',
      '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/docs/merchant/products/platform-certificate/wxp-pub-key-guide.html',
    )
  }
  const living = await livingCertificates(world)
  return { status: 200, json: { data: living.map((certificate) => describe(world, certificate)) } }
}

function describe({ credentials }: World, { serial, certificate, startsAt, endsAt }: PlatformCertificate) {
  const nonce = createNonce().slice(0, 12)
  return {
    serial_no: serial,
    effective_time: toBeijingTime(startsAt),
    expire_time: toBeijingTime(endsAt),
    encrypt_certificate: {
      algorithm: 'AEAD_AES_256_GCM',
      nonce,
      associated_data: ASSOCIATED_DATA,
      ciphertext: encryptAead(credentials.apiV3Key, { plaintext: certificate, nonce, associatedData: ASSOCIATED_DATA }),
    },
  }
}

export const certificateRoutes: Route[] = [
  { method: 'GET', path: /^\/v3\/certificates$/, endpoint: 'certificates', handle: certificates },
]
