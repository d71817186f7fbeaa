import type { HomestayPricing } from './client/enums.ts'

interface DemoHomestay {
  id: string
  title: string
  subTitle: string
  info: string
  peopleNum: number
  pricedBy: HomestayPricing
  /** Fen. */
  homestayPrice: number
  /** Fen. */
  marketHomestayPrice: number
  foodInfo: string
  /** Fen a person and night. */
  foodPrice: number
}

export interface DemoBusiness {
  id: string
  name: string
  info: string
  hostOpenid: string
  homestays: DemoHomestay[]
}

/** The host of two of the businesses. */
const DEMO_HOST = 'o_demo_host'
const OTHER_HOST = 'o_demo_host_other'

const lakeside: DemoBusiness = {
  id: 'demo-business-lakeside',
  name: '洱海边的院子',
  info: '大理双廊，一家人经营的白族老院子，步行三分钟到洱海。',
  hostOpenid: DEMO_HOST,
  homestays: [
    {
      id: 'demo-homestay-01',
      title: '双廊海景大床房',
      subTitle: '推窗见洱海，看得到日出',
      info: '二楼朝东，整面落地窗，1.8 米大床，独立卫浴与观景阳台。',
      peopleNum: 2,
      pricedBy: 'NIGHT',
      homestayPrice: 46_800,
      marketHomestayPrice: 58_800,
      foodInfo: '每人一份白族早餐：饵丝、乳扇、时令水果',
      foodPrice: 2_800,
    },
    {
      id: 'demo-homestay-02',
      title: '白族庭院家庭套房',
      subTitle: '两室一厅，带孩子住刚好',
      info: '一楼临院，主卧大床、次卧双床，客厅有玩具和绘本，可借婴儿床。',
      peopleNum: 5,
      pricedBy: 'NIGHT',
      homestayPrice: 72_800,
      marketHomestayPrice: 89_800,
      foodInfo: '早餐和一顿家常晚餐，可做儿童餐',
      foodPrice: 6_800,
    },
    {
      id: 'demo-homestay-03',
      title: '观星露台阁楼',
      subTitle: '躺着看银河的小阁楼',
      info: '三楼木屋顶阁楼，天窗正对床头，独享二十平方米露台。',
      peopleNum: 2,
      pricedBy: 'NIGHT',
      homestayPrice: 39_800,
      marketHomestayPrice: 49_800,
      foodInfo: '露台早餐，咖啡现磨',
      foodPrice: 3_500,
    },
    {
      id: 'demo-homestay-04',
      title: '洱海青年床位',
      subTitle: '四人间床位，适合独自旅行',
      info: '男女分间，独立帘子、插座和储物柜，公共厨房与洗衣房。',
      peopleNum: 4,
      pricedBy: 'PERSON_NIGHT',
      homestayPrice: 6_800,
      marketHomestayPrice: 8_800,
      foodInfo: '简单早餐：粥、馒头、鸡蛋',
      foodPrice: 1_000,
    },
    {
      id: 'demo-homestay-05',
      title: '临水榻榻米茶室',
      subTitle: '一间茶室，一夜安静',
      info: '榻榻米双人间，配全套茶具和古树普洱，晚九点后院子静音。',
      peopleNum: 2,
      pricedBy: 'NIGHT',
      homestayPrice: 35_800,
      marketHomestayPrice: 42_800,
      foodInfo: '早餐与下午茶点',
      foodPrice: 4_200,
    },
  ],
}

const teaHill: DemoBusiness = {
  id: 'demo-business-tea-hill',
  name: '龙井山居',
  info: '杭州龙井村，茶园里的三栋小楼，春天可以跟着采茶。',
  hostOpenid: DEMO_HOST,
  homestays: [
    {
      id: 'demo-homestay-06',
      title: '茶园独栋小楼',
      subTitle: '整栋出租，推门就是茶垄',
      info: '上下两层三间卧室，厨房可用，院子里有烧烤炉和秋千。',
      peopleNum: 8,
      pricedBy: 'NIGHT',
      homestayPrice: 168_000,
      marketHomestayPrice: 198_000,
      foodInfo: '主人家的土菜，一日两餐',
      foodPrice: 9_800,
    },
    {
      id: 'demo-homestay-07',
      title: '听雨双床房',
      subTitle: '瓦檐下听雨，适合好友同行',
      info: '两张 1.35 米床，木地板，屋檐下有一张长凳。',
      peopleNum: 2,
      pricedBy: 'NIGHT',
      homestayPrice: 42_800,
      marketHomestayPrice: 52_800,
      foodInfo: '早餐：片儿川或葱油拌面',
      foodPrice: 2_500,
    },
    {
      id: 'demo-homestay-08',
      title: '采茶体验营地',
      subTitle: '按人计价，含采茶和炒茶',
      info: '木屋通铺，每年三月下旬至四月中旬跟茶农上山采茶、下锅炒茶。',
      peopleNum: 12,
      pricedBy: 'PERSON_NIGHT',
      homestayPrice: 19_800,
      marketHomestayPrice: 23_800,
      foodInfo: '一日三餐，农家菜',
      foodPrice: 8_000,
    },
    {
      id: 'demo-homestay-09',
      title: '九溪徒步驿站',
      subTitle: '走完九溪十八涧，正好住下',
      info: '山脚步道旁，大床房，提供热水泡脚桶和烘鞋机。',
      peopleNum: 2,
      pricedBy: 'NIGHT',
      homestayPrice: 29_800,
      marketHomestayPrice: 36_800,
      foodInfo: '早餐与徒步干粮包',
      foodPrice: 3_800,
    },
  ],
}

const northernVillage: DemoBusiness = {
  id: 'demo-business-northern-village',
  name: '雪乡老木屋',
  info: '黑龙江双峰林场，火炕、铁锅炖和齐膝深的雪。',
  hostOpenid: OTHER_HOST,
  homestays: [
    {
      id: 'demo-homestay-10',
      title: '东北火炕家庭房',
      subTitle: '一铺大炕，睡得下一家人',
      info: '传统火炕可睡五人，独立卫生间，二十四小时暖气。',
      peopleNum: 5,
      pricedBy: 'NIGHT',
      homestayPrice: 58_000,
      marketHomestayPrice: 78_000,
      foodInfo: '铁锅炖大鹅或小鸡炖蘑菇',
      foodPrice: 7_800,
    },
    {
      id: 'demo-homestay-11',
      title: '林海雪原床位',
      subTitle: '按人计价，凌晨有人带着看日出',
      info: '六人间上下铺，提供雪地靴和手套，凌晨四点带队看日出。',
      peopleNum: 6,
      pricedBy: 'PERSON_NIGHT',
      homestayPrice: 12_800,
      marketHomestayPrice: 16_800,
      foodInfo: '早餐：大碴粥、黏豆包',
      foodPrice: 1_500,
    },
    {
      id: 'demo-homestay-12',
      title: '木刻楞情侣小屋',
      subTitle: '独栋木屋，壁炉和雪景',
      info: '整根原木搭的小屋，壁炉、投影和观雪飘窗。',
      peopleNum: 2,
      pricedBy: 'NIGHT',
      homestayPrice: 88_000,
      marketHomestayPrice: 108_000,
      foodInfo: '双人晚餐与早餐，送到屋里',
      foodPrice: 12_800,
    },
  ],
}

export const demoBusinesses: DemoBusiness[] = [lakeside, teaHill, northernVillage]
