import { z } from 'zod'
import { toBeijingTime } from '../beijing-time.ts'
import { seal } from '../crypto/seal.ts'
import { parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call, Route } from '../http/route.ts'
import type { PlatformCertificate } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { echo } from './echo.ts'
import { validCertificates } from './platform-certificates.ts'

/** `GET /v3/certificates`. Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/wechatpay5_1.shtml */
async function listCertificates(world: World, call: Call): Promise<Answer> {
  parseParameters(z.strictObject({}), Object.fromEntries(call.query), 'query')
  if (world.settings.signedBy === 'public-key') {
    throw new PayError(
      'RESOURCE_NOT_EXISTS',
      '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/docs/merchant/products/platform-certificate/wxp-pub-key-guide.html',
    )
  }
  const valid = await validCertificates(world)
  return { status: 200, json: { data: valid.map((certificate) => describe(world, certificate)) } }
}

function describe({ credentials }: World, { serial, certificate, startsAt, endsAt }: PlatformCertificate) {
  return {
    serial_no: serial,
    effective_time: toBeijingTime(startsAt),
    expire_time: toBeijingTime(endsAt),
    encrypt_certificate: seal(credentials.apiV3Key, { plaintext: certificate, associatedData: 'certificate' }),
  }
}

export const keyRoutes: Route[] = [
  {
    method: 'GET',
    path: '/v3/certificates',
    does: 'lists the platform certificates',
    document: 'https://pay.weixin.qq.com/wiki/doc/apiv3/apis/wechatpay5_1.shtml',
    endpoint: 'certificates',
    handle: listCertificates,
  },
  {
    method: 'POST',
    path: '/v3/security/echo',
    does: 'tries the keys of both sides, and a notice',
    document: 'https://pay.weixin.qq.com/doc/v3/merchant/4014551946',
    endpoint: 'security-echo',
    handle: echo,
  },
]
