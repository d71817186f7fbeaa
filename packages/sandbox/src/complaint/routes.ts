import type { Route } from '../http/route.ts'
import { complaintControls } from './complain.ts'
import { complete, reply } from './handle.ts'
import { createUrl, deleteUrl, queryUrl, updateUrl } from './notifications.ts'
import { listComplaints, queryComplaint, queryHistory } from './read.ts'

export const complaintRoutes: Route[] = [
  {
    method: 'GET',
    path: '/v3/merchant-service/complaints-v2',
    does: 'lists complaints, by day',
    document: 'https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/list-complaints-v2.html',
    endpoint: 'list-complaints',
    handle: listComplaints,
  },
  {
    method: 'GET',
    path: '/v3/merchant-service/complaints-v2/{complaint_id}',
    does: 'queries a complaint',
    document: 'https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/query-complaint-v2.html',
    endpoint: 'query-complaint',
    handle: queryComplaint,
  },
  {
    method: 'GET',
    path: '/v3/merchant-service/complaints-v2/{complaint_id}/negotiation-historys',
    does: 'lists what was said and done about a complaint',
    document:
      'https://pay.weixin.qq.com/docs/partner/apis/consumer-complaint/complaints/query-negotiation-history-v2.html',
    endpoint: 'query-complaint',
    handle: queryHistory,
  },
  {
    method: 'POST',
    path: '/v3/merchant-service/complaints-v2/{complaint_id}/response',
    does: 'replies to the user',
    document: 'https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/response-complaint-v2.html',
    endpoint: 'reply-complaint',
    handle: reply,
  },
  {
    method: 'POST',
    path: '/v3/merchant-service/complaints-v2/{complaint_id}/complete',
    does: 'says that a complaint is dealt with',
    document: 'https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/complete-complaint-v2.html',
    endpoint: 'complete-complaint',
    handle: complete,
  },
  {
    method: 'POST',
    path: '/v3/merchant-service/complaint-notifications',
    does: 'sets where notices of complaints go',
    document:
      'https://pay.weixin.qq.com/docs/partner/apis/consumer-complaint/complaint-notifications/create-complaint-notifications.html',
    endpoint: 'complaint-notifications',
    handle: createUrl,
  },
  {
    method: 'GET',
    path: '/v3/merchant-service/complaint-notifications',
    does: 'says where notices of complaints go',
    document:
      'https://pay.weixin.qq.com/docs/partner/apis/consumer-complaint/complaint-notifications/query-complaint-notifications.html',
    endpoint: 'complaint-notifications',
    handle: queryUrl,
  },
  {
    method: 'PUT',
    path: '/v3/merchant-service/complaint-notifications',
    does: 'changes where notices of complaints go',
    document:
      'https://pay.weixin.qq.com/docs/partner/apis/consumer-complaint/complaint-notifications/update-complaint-notifications.html',
    endpoint: 'complaint-notifications',
    handle: updateUrl,
  },
  {
    method: 'DELETE',
    path: '/v3/merchant-service/complaint-notifications',
    does: 'ends notices of complaints',
    document:
      'https://pay.weixin.qq.com/docs/partner/apis/consumer-complaint/complaint-notifications/delete-complaint-notifications.html',
    endpoint: 'complaint-notifications',
    handle: deleteUrl,
  },
  ...complaintControls,
]
