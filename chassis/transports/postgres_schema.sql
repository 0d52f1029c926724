-- The bus on PostgreSQL: append-only topic tables by day, and a leased, fenced cursor per (group, topic, partition).
-- Roles reach it only through the functions at the end; `access` says who may write or read which topic.
CREATE SCHEMA IF NOT EXISTS bus;
CREATE TABLE IF NOT EXISTS bus.identity (id uuid PRIMARY KEY);
INSERT INTO bus.identity SELECT gen_random_uuid() WHERE NOT EXISTS (SELECT 1 FROM bus.identity);
CREATE TABLE IF NOT EXISTS bus.access (
    topic text NOT NULL, role text NOT NULL, may text NOT NULL CHECK (may IN ('write', 'read')),
    PRIMARY KEY (topic, role, may));
CREATE TABLE IF NOT EXISTS bus.head (
    topic text NOT NULL, partition int NOT NULL, next bigint NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS bus.cursor (
    consumer text NOT NULL, topic text NOT NULL, partition int NOT NULL, position bigint NOT NULL,
    owner text, lease_until timestamptz, fence bigint NOT NULL, PRIMARY KEY (consumer, topic, partition));
CREATE TABLE IF NOT EXISTS bus.member (
    consumer text NOT NULL, owner text NOT NULL, backend int NOT NULL, seen_at timestamptz NOT NULL,
    PRIMARY KEY (consumer, owner));
CREATE TABLE IF NOT EXISTS bus.message (
    day date NOT NULL, topic text NOT NULL, partition int NOT NULL, position bigint NOT NULL,
    key uuid NOT NULL, body bytea NOT NULL, PRIMARY KEY (topic, partition, position, day)) PARTITION BY RANGE (day);

CREATE OR REPLACE FUNCTION bus.ensure_day(wanted date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
DECLARE
    name text := 'message_' || to_char(wanted, 'YYYYMMDD');
BEGIN
    IF to_regclass('bus.' || name) IS NULL THEN
        PERFORM pg_advisory_xact_lock(7309);  -- at midnight every publisher comes at once
        EXECUTE format('CREATE TABLE bus.%I PARTITION OF bus.message FOR VALUES FROM (%L) TO (%L)',
                       name, wanted, wanted + 1);
    END IF;
EXCEPTION WHEN duplicate_table OR unique_violation THEN
    NULL;  -- another publisher was first; this one may still see the catalogue as it was
END $$;

-- A consumer group is a service's own: its name is the name of the role that signed in.
CREATE OR REPLACE FUNCTION bus.check_group(group_name text) RETURNS void LANGUAGE plpgsql STABLE
SET search_path = pg_catalog AS $$
BEGIN
    IF group_name <> session_user THEN
        RAISE EXCEPTION 'role % may not act for group %', session_user, group_name USING ERRCODE = '42501';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION bus.check_access(wanted_topic text, wanted text) RETURNS void LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM bus.access a
                   WHERE a.topic = wanted_topic AND a.role = session_user AND a.may = wanted) THEN
        RAISE EXCEPTION 'role % may not % topic %', session_user, wanted, wanted_topic USING ERRCODE = '42501';
    END IF;
END $$;

-- Positions are taken under the head's row lock, which lasts until the commit: position order is commit order.
CREATE OR REPLACE FUNCTION bus.append(topics text[], partitions int[], keys uuid[], bodies bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    wanted text;
BEGIN
    FOR wanted IN SELECT DISTINCT t FROM unnest(topics) t LOOP
        PERFORM bus.check_access(wanted, 'write');
    END LOOP;
    PERFORM bus.ensure_day(today);
    PERFORM 1 FROM bus.head h
        WHERE (h.topic, h.partition) IN (SELECT t, p FROM unnest(topics, partitions) AS u(t, p))
        ORDER BY h.topic, h.partition FOR UPDATE;
    WITH incoming AS (
        SELECT t, p, k, b, n, row_number() OVER (PARTITION BY t, p ORDER BY n) AS nth
        FROM unnest(topics, partitions, keys, bodies) WITH ORDINALITY AS u(t, p, k, b, n)),
    counted AS (SELECT t, p, count(*) AS many FROM incoming GROUP BY t, p),
    moved AS (
        UPDATE bus.head h SET next = h.next + c.many FROM counted c
        WHERE h.topic = c.t AND h.partition = c.p
        RETURNING h.topic, h.partition, h.next - c.many AS first)
    INSERT INTO bus.message (day, topic, partition, position, key, body)
    SELECT today, i.t, i.p, m.first + i.nth - 1, i.k, i.b
    FROM incoming i JOIN moved m ON m.topic = i.t AND m.partition = i.p;
    PERFORM pg_notify('bus', t) FROM (SELECT DISTINCT t FROM unnest(topics) t) AS s;
END $$;

-- Say "I am here", give up what is beyond a fair share, take what is free or lapsed. A member whose working connection
-- (`connection`, a backend's pid) has ended is gone at once; one that only fell silent keeps its lease until it lapses.
CREATE OR REPLACE FUNCTION bus.renew(group_name text, member text, connection int, topics text[], seconds float)
RETURNS TABLE (topic text, "partition" int, fence bigint) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
    wanted text;
    members int;
    total int;
    share int;
    held int;
BEGIN
    PERFORM bus.check_group(group_name);
    FOREACH wanted IN ARRAY topics LOOP
        PERFORM bus.check_access(wanted, 'read');
    END LOOP;
    PERFORM pg_advisory_xact_lock(7307, hashtext(group_name));
    INSERT INTO bus.member AS m VALUES (group_name, member, connection, clock_timestamp())
        ON CONFLICT (consumer, owner) DO UPDATE SET seen_at = excluded.seen_at, backend = excluded.backend;
    DELETE FROM bus.member m
        WHERE m.consumer = group_name
          AND (m.seen_at < clock_timestamp() - make_interval(secs => seconds)
               OR NOT EXISTS (SELECT 1 FROM pg_stat_get_backend_idset() AS b(id)
                              WHERE pg_stat_get_backend_pid(b.id) = m.backend));
    UPDATE bus.cursor c SET owner = NULL, lease_until = NULL
        WHERE c.consumer = group_name AND c.owner IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM bus.member m WHERE m.consumer = group_name AND m.owner = c.owner);
    INSERT INTO bus.cursor AS c (consumer, topic, partition, position, fence)
        -- A bus that was wiped begins its places anew, never its fences: a batch of the old one confirms nothing here.
        SELECT group_name, h.topic, h.partition, 0, floor(random() * 1e15)::bigint FROM bus.head h
        WHERE h.topic = ANY (topics)
        ON CONFLICT DO NOTHING;
    SELECT count(*) INTO members FROM bus.member m WHERE m.consumer = group_name;
    SELECT count(*) INTO total FROM bus.cursor c WHERE c.consumer = group_name AND c.topic = ANY (topics);
    share := ceil(total::numeric / greatest(members, 1));
    UPDATE bus.cursor c SET lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE c.consumer = group_name AND c.owner = member AND c.lease_until > clock_timestamp();
    GET DIAGNOSTICS held = ROW_COUNT;
    IF held > share THEN
        UPDATE bus.cursor c SET owner = NULL, lease_until = NULL
        WHERE (c.consumer, c.topic, c.partition) IN (
            SELECT x.consumer, x.topic, x.partition FROM bus.cursor x
            WHERE x.consumer = group_name AND x.owner = member
            ORDER BY x.partition DESC, x.topic LIMIT held - share);
    ELSIF held < share THEN
        UPDATE bus.cursor c SET owner = member, fence = c.fence + 1,
                                lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE (c.consumer, c.topic, c.partition) IN (
            SELECT x.consumer, x.topic, x.partition FROM bus.cursor x
            WHERE x.consumer = group_name AND x.topic = ANY (topics)
              AND (x.owner IS NULL OR x.lease_until <= clock_timestamp())
            ORDER BY x.partition, x.topic LIMIT share - held);
    END IF;
    RETURN QUERY SELECT c.topic, c.partition, c.fence FROM bus.cursor c
        WHERE c.consumer = group_name AND c.owner = member AND c.lease_until > clock_timestamp();
END $$;

-- Read what the member's partitions hold beyond their cursors, a shuffled partition at a time.
CREATE OR REPLACE FUNCTION bus.fetch(group_name text, member text, most int)
RETURNS TABLE (topic text, "partition" int, "position" bigint, body bytea, fence bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
    behind record;
    room int := most;
    taken int;
BEGIN
    PERFORM bus.check_group(group_name);
    FOR behind IN
        SELECT c.topic AS t, c.partition AS p, c.position AS done, c.fence AS f
        FROM bus.cursor c JOIN bus.head h ON h.topic = c.topic AND h.partition = c.partition
        WHERE c.consumer = group_name AND c.owner = member AND c.lease_until > clock_timestamp()
          AND h.next > c.position
        ORDER BY random()
    LOOP
        PERFORM bus.check_access(behind.t, 'read');
        RETURN QUERY SELECT m.topic, m.partition, m.position, m.body, behind.f FROM bus.message m
            WHERE m.topic = behind.t AND m.partition = behind.p AND m.position >= behind.done
            ORDER BY m.position LIMIT room;
        GET DIAGNOSTICS taken = ROW_COUNT;
        room := room - taken;
        EXIT WHEN room <= 0;
    END LOOP;
END $$;

-- Move cursors on; a cursor whose fence has changed belongs to somebody else, and the whole call is refused.
CREATE OR REPLACE FUNCTION bus.advance(group_name text, member text, topics text[], partitions int[],
                                       positions bigint[], fences bigint[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    moved int;
BEGIN
    PERFORM bus.check_group(group_name);
    UPDATE bus.cursor c SET position = greatest(c.position, u.n)
    FROM unnest(topics, partitions, positions, fences) AS u(t, p, n, f)
    WHERE c.consumer = group_name AND c.owner = member AND c.topic = u.t AND c.partition = u.p AND c.fence = u.f;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(topics) THEN
        RAISE EXCEPTION 'a partition has moved to another member' USING ERRCODE = '40001';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION bus.positions(group_name text, member text)
RETURNS TABLE (topic text, "partition" int, "position" bigint) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog AS $$
    SELECT c.topic, c.partition, c.position FROM bus.cursor c WHERE c.consumer = group_name AND c.owner = member;
$$;

CREATE OR REPLACE FUNCTION bus.leave(group_name text, member text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog AS $$
    UPDATE bus.cursor SET owner = NULL, lease_until = NULL WHERE consumer = group_name AND owner = member;
    DELETE FROM bus.member m WHERE m.consumer = group_name AND m.owner = member;
$$;

CREATE OR REPLACE FUNCTION bus.lag(group_name text) RETURNS TABLE (topic text, behind bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT c.topic, sum(h.next - c.position)::bigint
    FROM bus.cursor c JOIN bus.head h ON h.topic = c.topic AND h.partition = c.partition
    WHERE c.consumer = group_name GROUP BY c.topic;
$$;

-- Empty what the caller has published under a key in one partition: the places stay, so that nobody sees a gap.
CREATE OR REPLACE FUNCTION bus.forget(topics text[], wanted_partition int, wanted uuid) RETURNS int LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    wanted_topic text;
    emptied int;
BEGIN
    FOREACH wanted_topic IN ARRAY topics LOOP
        PERFORM bus.check_access(wanted_topic, 'write');
    END LOOP;
    UPDATE bus.message m SET body = '' WHERE m.topic = ANY (topics) AND m.partition = wanted_partition
        AND m.key = wanted AND m.body <> '';
    GET DIAGNOSTICS emptied = ROW_COUNT;
    RETURN emptied;
END $$;

CREATE OR REPLACE FUNCTION bus.who() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog AS $$ SELECT id FROM bus.identity $$;

-- Drop whole days older than the window; a cursor still behind a dropped day stops at its gap and alarms.
CREATE OR REPLACE FUNCTION bus.drop_before(oldest date) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
DECLARE
    part record;
    dropped int := 0;
BEGIN
    IF oldest > (clock_timestamp() AT TIME ZONE 'UTC')::date - 14 THEN
        RAISE EXCEPTION 'the last 14 days of the bus are never dropped' USING ERRCODE = '42501';
    END IF;
    FOR part IN SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'bus.message'::regclass
                  AND to_date(right(c.relname, 8), 'YYYYMMDD') < oldest LOOP
        EXECUTE format('DROP TABLE bus.%I', part.name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bus FROM PUBLIC;
