-- What no program may get wrong, held by the database itself. Prisma's schema language has no words for it.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Two orders that hold their nights never share a homestay and a night.
ALTER TABLE "homestay_order" ADD CONSTRAINT "homestay_order_nights_held_once"
  EXCLUDE USING gist ("homestayId" WITH =, daterange("liveStartDate", "liveEndDate", '[)') WITH &&)
  WHERE ("tradeState" IN ('WAIT_PAY', 'WAIT_USE', 'USED', 'REFUNDING'));

ALTER TABLE "homestay_order"
  ADD CONSTRAINT "homestay_order_nights" CHECK ("liveEndDate" - "liveStartDate" BETWEEN 1 AND 30),
  ADD CONSTRAINT "homestay_order_people" CHECK ("livePeopleNum" >= 1),
  ADD CONSTRAINT "homestay_order_price" CHECK (
    "orderTotalPrice" >= 1 AND "homestayTotalPrice" >= 0 AND "foodTotalPrice" >= 0
    AND "orderTotalPrice" = "homestayTotalPrice" + "foodTotalPrice"),
  ADD CONSTRAINT "homestay_order_paid_by" CHECK (("tradeState" IN ('WAIT_PAY', 'CANCELLED')) = ("paidBySn" IS NULL)),
  ADD CONSTRAINT "homestay_order_trade_code" CHECK (("paidBySn" IS NULL) = ("tradeCode" IS NULL)),
  ADD CONSTRAINT "homestay_order_trade_code_format" CHECK ("tradeCode" ~ '^[2-9A-HJKMNP-Z]{8}$'),
  ADD CONSTRAINT "homestay_order_used_at" CHECK ("tradeState" <> 'USED' OR "usedAt" IS NOT NULL),
  ADD CONSTRAINT "homestay_order_idempotency" CHECK (
    ("idempotencyKey" IS NULL) = ("idempotencyHash" IS NULL) AND length("idempotencyKey") BETWEEN 1 AND 64);

CREATE INDEX "homestay_order_unpaid" ON "homestay_order" ("userId") WHERE "tradeState" = 'WAIT_PAY';
CREATE INDEX "homestay_order_due_close" ON "homestay_order" (COALESCE("nextCloseAt", "payBefore")) WHERE "tradeState" = 'WAIT_PAY';
CREATE INDEX "homestay_order_due_expiry" ON "homestay_order" ("liveEndDate") WHERE "tradeState" = 'WAIT_USE';

-- What was sold, the entry code and the payment that paid are written once; only the order's own, paid payment pays it.
-- The days are not among it: the nights are held by the constraint above, whatever they become.
CREATE FUNCTION "homestay_order_keep_facts"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW."sn", NEW."userId", NEW."homestayId", NEW."title", NEW."subTitle", NEW."cover", NEW."info", NEW."pricedBy",
        NEW."homestayPrice", NEW."foodPrice", NEW."homestayTotalPrice", NEW."foodTotalPrice", NEW."orderTotalPrice",
        NEW."livePeopleNum", NEW."needFood", NEW."idempotencyKey", NEW."idempotencyHash")
       IS DISTINCT FROM
       (OLD."sn", OLD."userId", OLD."homestayId", OLD."title", OLD."subTitle", OLD."cover", OLD."info", OLD."pricedBy",
        OLD."homestayPrice", OLD."foodPrice", OLD."homestayTotalPrice", OLD."foodTotalPrice", OLD."orderTotalPrice",
        OLD."livePeopleNum", OLD."needFood", OLD."idempotencyKey", OLD."idempotencyHash") THEN
      RAISE EXCEPTION 'what order % was sold as never changes', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD."paidBySn" IS NOT NULL AND NEW."paidBySn" IS DISTINCT FROM OLD."paidBySn" THEN
      RAISE EXCEPTION 'order % is paid by %, for ever', OLD."sn", OLD."paidBySn" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD."tradeCode" IS NOT NULL AND NEW."tradeCode" IS DISTINCT FROM OLD."tradeCode" THEN
      RAISE EXCEPTION 'the entry code of order % never changes', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW."paidBySn" IS NOT DISTINCT FROM OLD."paidBySn" THEN
      RETURN NEW;
    END IF;
  END IF;
  IF NEW."paidBySn" IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM "payment" p
     WHERE p."sn" = NEW."paidBySn" AND p."serviceType" = 'HOMESTAY_ORDER' AND p."orderSn" = NEW."sn" AND p."paidAt" IS NOT NULL
  ) THEN
    RAISE EXCEPTION 'payment % did not pay order %', NEW."paidBySn", NEW."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "homestay_order_keep_facts" BEFORE INSERT OR UPDATE ON "homestay_order"
  FOR EACH ROW EXECUTE FUNCTION "homestay_order_keep_facts"();

ALTER TABLE "homestay"
  ADD CONSTRAINT "homestay_prices" CHECK ("homestayPrice" >= 1 AND "foodPrice" >= 0 AND "marketHomestayPrice" >= 0),
  ADD CONSTRAINT "homestay_people" CHECK ("peopleNum" >= 1);

-- One attempt per order that was never closed. A paid attempt keeps the slot; late money on a closed one never competes.
CREATE UNIQUE INDEX "payment_one_live_attempt" ON "payment" ("serviceType", "orderSn") WHERE "closedAt" IS NULL;

ALTER TABLE "payment"
  ADD CONSTRAINT "payment_sn_format" CHECK ("sn" ~ '^[0-9A-Za-z_|*-]{6,32}$'),
  ADD CONSTRAINT "payment_totals" CHECK (
    "payTotal" >= 1 AND ("paidTotal" IS NULL OR "paidTotal" >= 1) AND ("payerTotal" IS NULL OR "payerTotal" >= 0)
    AND "refundedTotal" >= 0 AND "refundedTotal" <= COALESCE("paidTotal", 0)),
  ADD CONSTRAINT "payment_paid_facts" CHECK (
    ("paidAt" IS NULL) = ("transactionId" IS NULL) AND ("paidAt" IS NULL) = ("paidTotal" IS NULL)),
  -- The status is a function of the facts.
  ADD CONSTRAINT "payment_pending" CHECK (("status" = 'PENDING') = ("paidAt" IS NULL AND "closedAt" IS NULL)),
  ADD CONSTRAINT "payment_closed" CHECK (("status" = 'CLOSED') = ("paidAt" IS NULL AND "closedAt" IS NOT NULL)),
  ADD CONSTRAINT "payment_refunded" CHECK (("status" = 'REFUNDED') = ("paidAt" IS NOT NULL AND "refundedTotal" = "paidTotal")),
  ADD CONSTRAINT "payment_prepay" CHECK (("prepayId" IS NULL) = ("prepayIdAt" IS NULL)),
  ADD CONSTRAINT "payment_versions" CHECK (
    "version" >= 1 AND "queuedVersion" BETWEEN 0 AND "version" AND "appliedVersion" BETWEEN 0 AND "version");

CREATE INDEX "payment_to_queue" ON "payment" ("sn") WHERE "version" > "queuedVersion";
CREATE INDEX "payment_to_follow" ON "payment" ("queuedAt") WHERE "version" > "appliedVersion";
CREATE INDEX "payment_to_ask" ON "payment" ("nextAskAt") WHERE "nextAskAt" IS NOT NULL;

-- What an attempt was made with, when it was closed and by what it was paid are facts: set once. Only an attempt that
-- waits is closed, so one that was paid, or that an operator looks at, keeps its order's one place.
CREATE FUNCTION "payment_keep_facts"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW."sn", NEW."serviceType", NEW."orderSn", NEW."userId", NEW."mchid", NEW."appid", NEW."openid", NEW."notifyUrl", NEW."payTotal", NEW."prepayBody")
     IS DISTINCT FROM
     (OLD."sn", OLD."serviceType", OLD."orderSn", OLD."userId", OLD."mchid", OLD."appid", OLD."openid", OLD."notifyUrl", OLD."payTotal", OLD."prepayBody") THEN
    RAISE EXCEPTION 'what payment % was made with never changes', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD."closedAt" IS NOT NULL AND NEW."closedAt" IS DISTINCT FROM OLD."closedAt" THEN
    RAISE EXCEPTION 'payment % stays closed', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD."closedAt" IS NULL AND NEW."closedAt" IS NOT NULL AND (OLD."paidAt" IS NOT NULL OR OLD."disputedAt" IS NOT NULL) THEN
    RAISE EXCEPTION 'payment % has money and is not closed', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD."paidAt" IS NOT NULL AND
     (NEW."transactionId", NEW."paidTotal", NEW."paidAt") IS DISTINCT FROM (OLD."transactionId", OLD."paidTotal", OLD."paidAt") THEN
    RAISE EXCEPTION 'payment % is paid by %, for ever', OLD."sn", OLD."transactionId" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW."version" NOT IN (OLD."version", OLD."version" + 1) OR NEW."refundedTotal" < OLD."refundedTotal" THEN
    RAISE EXCEPTION 'payment % only moves forward, a version at a time', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW."status" <> OLD."status" AND NEW."version" = OLD."version" THEN
    RAISE EXCEPTION 'payment % changes its status with its version', OLD."sn" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "payment_keep_facts" BEFORE UPDATE ON "payment"
  FOR EACH ROW EXECUTE FUNCTION "payment_keep_facts"();

CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are kept as they are', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- The audit trail is append-only.
CREATE TRIGGER "payment_event_append_only" BEFORE UPDATE OR DELETE ON "payment_event"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "payment_event_no_truncate" BEFORE TRUNCATE ON "payment_event"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

ALTER TABLE "refund"
  ADD CONSTRAINT "refund_total" CHECK ("refundTotal" >= 1),
  ADD CONSTRAINT "refund_no_format" CHECK ("outRefundNo" ~ '^[0-9A-Za-z_|*@-]{1,64}$'),
  ADD CONSTRAINT "refund_reason" CHECK (octet_length("reason") <= 80),
  ADD CONSTRAINT "refund_body" CHECK ("body" IS NOT NULL OR "cause" = 'BY_HAND'),
  ADD CONSTRAINT "refund_ended" CHECK (("status" IN ('SUCCESS', 'CLOSED')) = ("endedAt" IS NOT NULL)),
  ADD CONSTRAINT "refund_attempt" CHECK ("attempt" >= 1);
CREATE INDEX "refund_to_ask" ON "refund" ("nextAskAt") WHERE "nextAskAt" IS NOT NULL;

-- Refunds that succeeded never exceed what was paid, and an ended refund moves no more.
CREATE FUNCTION "refund_guard"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  paid bigint;
  refunded bigint;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD."status" IN ('SUCCESS', 'CLOSED') AND NEW."status" IS DISTINCT FROM OLD."status" THEN
      RAISE EXCEPTION 'refund % has ended', OLD."outRefundNo" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW."outRefundNo", NEW."paymentSn", NEW."refundTotal", NEW."body", NEW."cause")
       IS DISTINCT FROM (OLD."outRefundNo", OLD."paymentSn", OLD."refundTotal", OLD."body", OLD."cause") THEN
      RAISE EXCEPTION 'what refund % was made with never changes', OLD."outRefundNo" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  IF NEW."status" = 'SUCCESS' THEN
    SELECT p."paidTotal" INTO paid FROM "payment" p WHERE p."sn" = NEW."paymentSn" FOR UPDATE;
    SELECT COALESCE(SUM(r."refundTotal"), 0) INTO refunded FROM "refund" r
     WHERE r."paymentSn" = NEW."paymentSn" AND r."status" = 'SUCCESS' AND r."outRefundNo" <> NEW."outRefundNo";
    IF paid IS NULL OR refunded + NEW."refundTotal" > paid THEN
      RAISE EXCEPTION 'refunds of payment % would exceed what was paid', NEW."paymentSn" USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "refund_guard" BEFORE INSERT OR UPDATE ON "refund"
  FOR EACH ROW EXECUTE FUNCTION "refund_guard"();

-- At the end of a transaction a payment's books are right: what went back is the sum of its refunds that succeeded, and it
-- is REFUNDING as long as one is live and some money is left.
CREATE FUNCTION "payment_books"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  key text := CASE TG_TABLE_NAME WHEN 'payment' THEN to_jsonb(NEW)->>'sn' ELSE to_jsonb(NEW)->>'paymentSn' END;
  payment "payment";
  refunded bigint;
  live bigint;
BEGIN
  SELECT * INTO payment FROM "payment" WHERE "sn" = key;
  SELECT COALESCE(SUM(r."refundTotal") FILTER (WHERE r."status" = 'SUCCESS'), 0),
         COUNT(*) FILTER (WHERE r."status" IN ('REQUESTED', 'PROCESSING', 'ABNORMAL'))
    INTO refunded, live FROM "refund" r WHERE r."paymentSn" = key;
  IF payment."refundedTotal" <> refunded THEN
    RAISE EXCEPTION 'payment % says that % fen went back, and its refunds say %', key, payment."refundedTotal", refunded
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF payment."status" IN ('SUCCESS', 'REFUNDING') AND (payment."status" = 'REFUNDING') <> (live > 0) THEN
    RAISE EXCEPTION 'payment % is %, and % of its refunds are live', key, payment."status", live
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER "refund_books" AFTER INSERT OR UPDATE OF "status" ON "refund"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "payment_books"();
CREATE CONSTRAINT TRIGGER "payment_books" AFTER UPDATE ON "payment"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  -- Not for a payment that becomes paid: settling is the busiest statement, and there is no refund yet.
  WHEN (NEW."refundedTotal" <> OLD."refundedTotal"
        OR (NEW."status" <> OLD."status" AND (OLD."status" IN ('SUCCESS', 'REFUNDING', 'REFUNDED'))))
  EXECUTE FUNCTION "payment_books"();

CREATE CONSTRAINT TRIGGER "payment_books_from_the_start" AFTER INSERT ON "payment"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW."status" <> 'PENDING') EXECUTE FUNCTION "payment_books"();

-- Nothing that money, an entry code or a number hangs on is ever removed.
CREATE TRIGGER "homestay_order_kept" BEFORE DELETE ON "homestay_order" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "homestay_order_no_truncate" BEFORE TRUNCATE ON "homestay_order" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "payment_kept" BEFORE DELETE ON "payment" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "payment_no_truncate" BEFORE TRUNCATE ON "payment" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "refund_kept" BEFORE DELETE ON "refund" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "refund_no_truncate" BEFORE TRUNCATE ON "refund" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

ALTER TABLE "message" ADD CONSTRAINT "message_tries" CHECK ("tries" BETWEEN 0 AND 3);
CREATE INDEX "message_owed" ON "message" ("nextTryAt") WHERE "status" = 'PENDING';

ALTER TABLE "wechat_binding" ADD CONSTRAINT "wechat_binding_one_row" CHECK ("id" = 1);
