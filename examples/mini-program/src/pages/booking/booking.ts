import {
  CreateHomestayOrderDocument,
  HomestayAvailabilityDocument,
  HomestayDocument,
  type HomestayStateFragment,
} from '@looklook-pay/client'
import { chooseDay, type Day, drawDays, leadingBlanks, type Night, NO_STAY, nightsOf } from '../../calendar.ts'
import { client } from '../../client.ts'
import { failureText } from '../../failure.ts'
import { addDays, stayText, today, yuan } from '../../format.ts'
import { expectPrice } from '../../price.ts'

/** From today on. */
const DAYS_OFFERED = 60

/** What is drawn of the homestay and the choice. */
interface Drawn {
  days: Day[]
  blanks: number[]
  stayText: string
  stayPrice: string
  foodPrice: string
  totalPrice: string
}

/** Nights, people and meals of a booking. */
Page({
  data: {
    id: '',
    homestay: null as HomestayStateFragment | null,
    nights: [] as Night[],
    stay: NO_STAY,
    people: 1,
    needFood: false,
    days: [] as Day[],
    blanks: [] as number[],
    stayText: '',
    stayPrice: '',
    foodPrice: '',
    totalPrice: '',
    isBusy: false,
    failure: '',
  },

  /** The same booking, sent again, gives the same order: a new key comes with each change. */
  key: '',
  isLeft: false,

  async onLoad({ id = '' }: Record<string, string | undefined>) {
    this.setData({ id })
    await Promise.all([this.loadHomestay(), this.loadNights()])
  },

  onUnload() {
    this.isLeft = true
  },

  async loadHomestay() {
    const answer = await client.request(HomestayDocument, { id: this.data.id })
    if (!answer.ok) return this.setData({ failure: failureText(answer.problem) })
    const { homestay } = answer.data
    if (!homestay) return this.setData({ failure: '这间民宿已下架' })
    this.change({ homestay, people: Math.min(2, homestay.peopleNum) })
  },

  /** A day that is offered can be booked: the server says which. */
  async loadNights() {
    const from = today()
    const variables = { id: this.data.id, from, to: addDays(from, DAYS_OFFERED) }
    const answer = await client.request(HomestayAvailabilityDocument, variables)
    if (!answer.ok) return this.setData({ failure: failureText(answer.problem) })
    this.change({ nights: answer.data.homestayAvailability ?? [], stay: NO_STAY })
  },

  onDayTap({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const { nights, stay } = this.data
    this.change({ stay: chooseDay(nights, stay, String(currentTarget.dataset['date'])), failure: '' })
  },

  onPeopleTap({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const most = this.data.homestay?.peopleNum ?? 1
    const people = this.data.people + Number(currentTarget.dataset['step'])
    this.change({ people: Math.max(1, Math.min(most, people)) })
  },

  onFoodChange({ detail }: WechatMiniprogram.SwitchChange) {
    this.change({ needFood: detail.value })
  },

  async onBookTap() {
    const { id, stay, people, needFood, isBusy } = this.data
    if (isBusy || stay.leaving === '') return
    this.setData({ isBusy: true, failure: '' })
    const input = {
      homestayId: id,
      liveStartDate: stay.arrival,
      liveEndDate: stay.leaving,
      livePeopleNum: people,
      needFood,
      idempotencyKey: this.key,
    }
    const answer = await client.request(CreateHomestayOrderDocument, { input })
    this.setData({ isBusy: false })
    if (!answer.ok) return this.setData({ failure: failureText(answer.problem) })
    const booked = answer.data.createHomestayOrder
    if (booked.__typename === 'HomestayOrder') return this.showPayment(booked.sn)
    // Somebody was faster: the calendar shows what is free now.
    if (booked.__typename === 'HomestayUnavailableError') await this.loadNights()
    this.setData({ failure: failureText(booked) })
  },

  showPayment(sn: string) {
    if (!this.isLeft) void wx.redirectTo({ url: `/pages/pay/pay?sn=${sn}` })
  },

  /** Changes the choice, and what is drawn of it. */
  change(changes: Partial<Pick<typeof this.data, 'homestay' | 'nights' | 'stay' | 'people' | 'needFood' | 'failure'>>) {
    this.key = newKey()
    const changed = { ...this.data, ...changes }
    this.setData({ ...changes, ...draw(changed) })
  },
})

interface Choice {
  homestay: HomestayStateFragment | null
  nights: Night[]
  stay: typeof NO_STAY
  people: number
  needFood: boolean
}

function draw({ homestay, nights, stay, people, needFood }: Choice): Drawn {
  const days = { days: drawDays(nights, stay), blanks: leadingBlanks(nights) }
  const noPrices = { stayPrice: '', foodPrice: '', totalPrice: '' }
  if (stay.arrival === '') return { ...days, ...noPrices, stayText: '请选择入住的日子' }
  if (stay.leaving === '' || !homestay) return { ...days, ...noPrices, stayText: '请选择离店的日子' }
  const chosen = { nights: nightsOf(nights, stay), people, needFood }
  const { stayFen, foodFen, totalFen } = expectPrice(homestay, chosen)
  return {
    ...days,
    stayText: stayText(stay.arrival, stay.leaving),
    stayPrice: yuan(stayFen),
    foodPrice: needFood ? yuan(foodFen) : '',
    totalPrice: yuan(totalFen),
  }
}

/** Unique among the bookings of one person. */
function newKey(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
}
