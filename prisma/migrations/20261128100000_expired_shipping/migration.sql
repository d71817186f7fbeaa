-- What nobody came for is reported to WeChat as well: an expired order is due from 00:00 (Shanghai) of its day of leaving on.
DROP INDEX "homestay_order_due_shipping";
CREATE INDEX "homestay_order_due_shipping" ON "homestay_order"
  (COALESCE("usedAt", "liveEndDate"::timestamp AT TIME ZONE 'Asia/Shanghai'))
  WHERE "tradeState" IN ('USED', 'EXPIRED') AND "shippedAt" IS NULL;
