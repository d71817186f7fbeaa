-- What a tap and a booking decide in one statement. A statement that waited for a lock sees everything but the locked row as
-- it was before the wait; each statement inside a VOLATILE function sees what is committed by then. Their plans are kept for as
-- long as the connection lives, and must not read whole tables because these were small when they were made.

-- The attempts of an order that count while it waits for payment: the live one, and those with money that is under review
-- or not applied yet.
CREATE FUNCTION "payment_attempts_of"("ofServiceType" text, "ofOrderSn" text) RETURNS SETOF "payment"
  LANGUAGE plpgsql VOLATILE ROWS 2 SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY SELECT * FROM "payment" p
   WHERE p."serviceType" = "ofServiceType" AND p."orderSn" = "ofOrderSn"
     AND (p."closedAt" IS NULL OR p."underReviewAt" IS NOT NULL
          OR (p."paidAt" IS NOT NULL AND p."version" > p."appliedVersion"));
END $$;

-- Books by the columns in `given`, unless that is refused. Of several reasons the first one counts:
-- - EARLIER: the guest has booked with this idempotency key before; `booked` is that order.
-- - HOMESTAY_CHANGED: the homestay is not as it was when the price was made, or off the shelf.
-- - TOO_MANY_UNPAID: the guest holds as many unpaid orders as allowed, not counting those with money under review.
-- - NIGHTS_TAKEN: another order holds one of the nights.
-- - TOO_NEAR: there is no `payBefore`, because the stay is too near to be paid in time.
-- - BOOKED: `booked` is the new order.
CREATE FUNCTION "homestay_order_book"(
  "given" jsonb, "unpaidLimit" integer, OUT "outcome" text, OUT "booked" "homestay_order"
) LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
DECLARE
  draft "homestay_order" := jsonb_populate_record(NULL::"homestay_order", "given");
  sold "homestay";
BEGIN
  -- Serializes the bookings of one guest: looking up the key and counting unpaid orders must not race.
  PERFORM 1 FROM "user" WHERE "id" = draft."userId" FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'user % vanished', draft."userId";
  END IF;
  SELECT * INTO "booked" FROM "homestay_order" o
   WHERE o."userId" = draft."userId" AND o."idempotencyKey" = draft."idempotencyKey";
  IF FOUND THEN
    "outcome" := 'EARLIER';
    RETURN;
  END IF;
  -- Serializes the bookings of one homestay: two that conflict in the exclusion constraint could wait for each other, until
  -- PostgreSQL ends one of them as a deadlock.
  SELECT * INTO sold FROM "homestay" WHERE "id" = draft."homestayId" FOR NO KEY UPDATE;
  IF sold."onShelf" IS NOT TRUE OR draft."livePeopleNum" > sold."peopleNum"
     OR (sold."pricedBy", sold."homestayPrice", sold."foodPrice")
        IS DISTINCT FROM (draft."pricedBy", draft."homestayPrice", draft."foodPrice") THEN
    "outcome" := 'HOMESTAY_CHANGED';
    RETURN;
  END IF;
  IF "unpaidLimit" <= (
    SELECT count(*) FROM "homestay_order" o
     WHERE o."userId" = draft."userId" AND o."tradeState" = 'WAIT_PAY' AND NOT EXISTS (
       SELECT 1 FROM "payment" p
        WHERE p."serviceType" = 'HOMESTAY_ORDER' AND p."orderSn" = o."sn"
          AND (p."paidAt" IS NOT NULL OR p."underReviewAt" IS NOT NULL))
  ) THEN
    "outcome" := 'TOO_MANY_UNPAID';
    RETURN;
  END IF;
  IF EXISTS (
    SELECT 1 FROM "homestay_order" o
     WHERE o."homestayId" = draft."homestayId" AND o."tradeState" IN ('WAIT_PAY', 'WAIT_USE', 'USED', 'REFUNDING')
       AND daterange(o."liveStartDate", o."liveEndDate", '[)') && daterange(draft."liveStartDate", draft."liveEndDate", '[)')
  ) THEN
    "outcome" := 'NIGHTS_TAKEN';
    RETURN;
  END IF;
  IF draft."payBefore" IS NULL THEN
    "outcome" := 'TOO_NEAR';
    RETURN;
  END IF;
  INSERT INTO "homestay_order" (
    "sn", "userId", "homestayId", "payBefore", "title", "subTitle", "cover", "info", "pricedBy", "homestayPrice", "foodPrice",
    "homestayTotalPrice", "foodTotalPrice", "orderTotalPrice", "liveStartDate", "liveEndDate", "livePeopleNum", "needFood",
    "remark", "idempotencyKey", "idempotencyHash")
  VALUES (
    draft."sn", draft."userId", sold."id", draft."payBefore", sold."title", sold."subTitle", sold."cover", sold."info",
    sold."pricedBy", sold."homestayPrice", sold."foodPrice", draft."homestayTotalPrice", draft."foodTotalPrice",
    draft."orderTotalPrice", draft."liveStartDate", draft."liveEndDate", draft."livePeopleNum", draft."needFood",
    draft."remark", draft."idempotencyKey", draft."idempotencyHash")
  ON CONFLICT ON CONSTRAINT "homestay_order_nights_held_once" DO NOTHING
  RETURNING * INTO "booked";
  "outcome" := CASE WHEN FOUND THEN 'BOOKED' ELSE 'NIGHTS_TAKEN' END;
END $$;
