-- What waits for a person, and what WeChat hasn't been told of: each found every minute, in tables that only grow.
CREATE INDEX "payment_waiting" ON "payment" ("sn") WHERE "disputedAt" IS NOT NULL OR "heldAt" IS NOT NULL;
CREATE INDEX "homestay_order_to_ship" ON "homestay_order" ("usedAt") WHERE "tradeState" = 'USED' AND "shippedAt" IS NULL;
