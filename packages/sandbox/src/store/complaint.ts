/** What a user complains about. */
type ProblemType = 'REFUND' | 'SERVICE_NOT_WORK' | 'OTHERS'

/** A complaint about an order, and all that was said and done about it. */
export interface Complaint {
  complaintId: string
  outTradeNo: string
  text: string
  problemType: ProblemType
  /** What the user wants back; of REFUND alone. */
  wantedFen?: number
  phone?: string
  state: 'PENDING' | 'PROCESSING' | 'PROCESSED'
  createdAt: number
  /** Whether the user said something that the merchant hasn't replied to. */
  awaitsReply: boolean
  /** Oldest first. */
  history: ComplaintEvent[]
}

/** Said or done by a user or the merchant. */
export interface ComplaintEvent {
  logId: string
  operator: '投诉人' | '商家'
  type: 'USER_CREATE_COMPLAINT' | 'USER_RESPONSE' | 'MERCHANT_RESPONSE' | 'MERCHANT_CONFIRM_COMPLETE'
  text: string
  at: number
}
