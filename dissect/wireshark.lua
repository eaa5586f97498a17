-- Reads packets by the tables that follow, as strata does: what does not fit is flagged, never an
-- error. Lua 5.2 and later.

-- ---- numbers: Lua 5.2 has doubles, exact to 53 bits ----

local floor, W = math.floor, 4294967296
local b32 = rawget(_G, "bit32") or rawget(_G, "bit")
local band, bor, bxor
if b32 then
	local function halves(op)
		return function(a, b)
			local lo = op(a % W, b % W) % W
			return op(floor(a / W) % W, floor(b / W) % W) % W * W + lo
		end
	end
	band, bor, bxor = halves(b32.band), halves(b32.bor), halves(b32.bxor)
else
	band, bor, bxor = load("return function(a, b) return a & b end, " ..
		"function(a, b) return a | b end, function(a, b) return a ~ b end")()
end
local function shl(a, n) return n < 0 and 0 or a * 2 ^ n end
local function shr(a, n) return n < 0 and 0 or floor(a / 2 ^ n) end
local function quot(a, b)
	if b == 0 then return 0 end
	local q = a / b
	return q < 0 and math.ceil(q) or floor(q)
end
local function rem(a, b) return b == 0 and 0 or a - quot(a, b) * b end
local function num(x) return x and 1 or 0 end

-- ---- nodes: a field read. {f, ty, bit, bits, num, kids, by, rec, up, raw, cut, head, tail} ----

local records, protos, order = {}, {}, {}

local function node_new(up, f, ty, bit)
	return { up = up, f = f, ty = ty, bit = bit, bits = 0, num = 0 }
end
local function node_bytes(R, n)
	local from = floor(n.bit / 8) + (n.head or 0)
	local to = floor((n.bit + n.bits) / 8) - (n.tail or 0)
	return from, to > from and to - from or 0
end
local function text_of(R, n)
	local from, len = node_bytes(R, n)
	return R.data:sub(from + 1, from + len)
end
-- Kinds whose bytes are as many as their extent says, and mean a text.
local said = {}
local function part(full, print)
	return function(s, ty)
		local whole = #s == full or #s > 0 and ty.ext.fixed
		return print(s .. ("\0"):rep(full - #s)) .. (whole and "" or "/" .. #s * 8)
	end
end
said.ip4part = part(4, function(s) return ("%d.%d.%d.%d"):format(s:byte(1, 4)) end)
said.ip6part = part(16, function(s)
	local words, best, most = {}, 0, 1
	for i = 1, 8 do words[i] = s:byte(2 * i - 1) * 256 + s:byte(2 * i) end
	for i = 1, 8 do
		local n = 0
		while words[i + n] == 0 do n = n + 1 end
		if n > most then best, most = i, n end
	end
	for i = 1, 8 do words[i] = ("%x"):format(words[i]) end
	if best == 0 then return table.concat(words, ":") end
	return table.concat(words, ":", 1, best - 1) .. "::" .. table.concat(words, ":", best + most)
end)
function said.bcd(s)
	return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end
function said.tbcd(s)
	return (s:gsub(".", function(c)
		local digits = "0123456789abcdef"
		local low, high = c:byte() % 16 + 1, floor(c:byte() / 16) + 1
		return digits:sub(low, low) .. digits:sub(high, high)
	end):gsub("f$", ""))
end
function said.oid(s)
	local out, v = {}, 0
	for i = 1, #s do
		v = v * 128 + s:byte(i) % 128
		if s:byte(i) < 128 then
			local top = #out == 0 and math.min(floor(v / 40), 2)
			if top then out[1], v = top, v - 40 * top end
			out[#out + 1], v = ("%.0f"):format(v), 0
		end
	end
	return table.concat(out, ".")
end
local function text_number(s)
	local hi, lo = 0, 0
	if #s > 8 then return W * 1048576 end -- some number: it is there
	for i = 1, #s do
		hi = hi * 256 + floor(lo / 16777216)
		lo = lo % 16777216 * 256 + s:byte(i)
	end
	return hi * W + lo
end
local function number_of(R, n)
	local ty = n.ty
	if not ty or ty.form ~= "leaf" or ty.number then return n.num end
	local s = text_of(R, n)
	if ty.address then s = s:sub(-8) end
	return text_number(s)
end

local function instance(n)
	while n.up and not n.rec do n = n.up end
	return n
end
local function descend(n, path, from)
	for i = from, #path do
		if not n then return nil end
		local p = path[i]
		if type(p) == "number" then
			n = n.kids and n.kids[p + 1]
		else
			n = n.by and n.by[p]
		end
	end
	return n
end
local function lookup(c, path)
	local at = instance(c)
	while at.up and not at.rec.has[path[1]] do at = instance(at.up) end
	return descend(at.by and at.by[path[1]], path, 2)
end

-- What expressions use: V a field, O a field of a lower layer, LEN spans, CNT items.
local function V(c, ...)
	local n = lookup(c, { ... })
	return n and number_of(c.R or instance(c).R, n) or 0
end
local function LOWER(c, ...)
	local n = lookup(c, { ... })
	return n and text_number(text_of(n.R or c.R or instance(c).R, n):lower()) or 0
end
-- The last field of a list's item that a text begins.
local function listed(c, list, name)
	local n, found = lookup(c, { list }), nil
	local R = c.R or instance(c).R
	for _, k in ipairs(n and n.kids or {}) do
		local f = k.rec and k.rec.fields
		local first = f and k.by[f[1].name]
		if first and text_of(R, first):lower() == name then found = k.by[f[#f].name] end
	end
	return found and text_of(R, found)
end
local function NUMBER(c, list, name)
	local s = listed(c, list, name)
	s = s and s:match("^[ \t]*(%d+)[ \t]*$")
	return s and #s < 19 and tonumber(s) or -1
end
local function LAST(c, list, name)
	local s = listed(c, list, name)
	return s and text_number(s:match("([^,]*)$"):match("^[ \t]*(.-)[ \t]*$"):lower()) or 0
end
local function O(c, proto, ...)
	local R = instance(c).R
	for i = R.layer - 1, 1, -1 do
		local l = R.P.layers[i]
		if l.proto.name == proto then
			if select("#", ...) == 0 then return 1 end
			local n = descend(l.root, { ... }, 1)
			return n and number_of(l.root.R, n) or 0
		end
	end
	return 0
end
-- The number of the item that c is or stands in: one that is being read is the last so far.
local function IDX(c)
	while c.up and not (c.up.ty and c.up.ty.form == "list") do c = c.up end
	return c.up and (c.index or #c.up.kids) or 0
end
local function CNT(c, name)
	local n = instance(c).by[name]
	return n and n.num or 0
end
local function span_bytes(c, spans)
	local at, sum = instance(c), 0
	local R = at.R
	for _, s in ipairs(spans) do
		if s == "all" then
			sum = sum + (at.up and floor((at.bits + 7) / 8) or R.stop - R.off)
		elseif s == "header" then
			sum = sum + (at.up and floor((at.bits + 7) / 8) or R.hlen)
		elseif s == "payload" then
			sum = sum + (at.up and 0 or R.stop - R.off - R.hlen - R.tail)
		elseif type(s) == "table" then
			local lo, hi
			for i = s[1], s[2] do
				local f = at.rec.fields[i + 1]
				local n = at.by[f.name]
				if n then
					lo = lo and math.min(lo, n.bit) or n.bit
					hi = math.max(hi or 0, n.bit + n.bits)
				end
			end
			if lo and hi > lo then sum = sum + floor((hi - lo + 7) / 8) end
		end
	end
	return sum
end

-- ---- reading ----

-- R: {data, off, P (the packet's state), layer, given, work, depth, lflags...}
local function bits_be(R, bit, n)
	local v, data = 0, R.data
	while n > 0 do
		local byte = data:byte(floor(bit / 8) + 1) or 0
		local room = 8 - bit % 8
		local take = n < room and n or room
		v = v * 2 ^ take + floor(byte / 2 ^ (room - take)) % 2 ^ take
		bit, n = bit + take, n - take
	end
	return v
end
local function bits_le(R, bit, n)
	local v, scale, data = 0, 1, R.data
	while n > 0 do
		local byte = data:byte(floor(bit / 8) + 1) or 0
		local room = 8 - bit % 8
		local take = n < room and n or room
		v = v + floor(byte / 2 ^ (bit % 8)) % 2 ^ take * scale
		scale = scale * 2 ^ take
		bit, n = bit + take, n - take
	end
	return v
end
local function read_number(R, ty, bit, n)
	local v = (ty.le and bits_le or bits_be)(R, bit, n)
	if ty.signed and n > 0 and v >= 2 ^ (n - 1) then v = v - 2 ^ n end
	return v
end

local function byte(R, at) return R.data:byte(at + 1) end

-- Codecs: bytes taken, number, text, head, tail; nil: it does not fit.
local codecs = {}
function codecs.qvar(R, at, room)
	local first = byte(R, at)
	local n = 2 ^ floor(first / 64)
	if room < n then return nil end
	local v = first % 64
	for i = 1, n - 1 do v = v * 256 + byte(R, at + i) end
	return n, v
end
local function base128(most, big)
	return function(R, at, room)
		local v, scale = 0, 1
		for i = 0, math.min(room, most) - 1 do
			local b = byte(R, at + i)
			if big then
				v = v * 128 + b % 128
			else
				v, scale = v + b % 128 * scale, scale * 128
			end
			if b < 128 then return i + 1, v end
		end
	end
end
codecs.mqttvar, codecs.leb128, codecs.vlq = base128(4), base128(10), base128(10, true)
function codecs.zigzag(R, at, room)
	local n, v = codecs.leb128(R, at, room)
	if n then return n, v % 2 == 0 and v / 2 or -(v + 1) / 2 end
end
function codecs.lenenc(R, at, room)
	local first = room > 0 and byte(R, at) or 255
	local n = ({ [252] = 2, [253] = 3, [254] = 8 })[first]
	if first < 251 then return 1, first end
	if not n or room <= n then return end
	local v = 0
	for i = n, 1, -1 do v = v * 256 + byte(R, at + i) end
	return n + 1, v
end
function codecs.len255(R, at, room)
	local first = byte(R, at)
	if first < 255 then return 1, first end
	if room >= 3 then return 3, byte(R, at + 1) * 256 + byte(R, at + 2) end
end
function codecs.berlen(R, at, room)
	local first = byte(R, at)
	if first < 128 then return 1, first end
	local n, v = first - 128, 0
	if first == 128 or n > 8 or n >= room then return nil end
	for i = 1, n do v = v * 256 + byte(R, at + i) end
	return n + 1, v
end
local function digits(class, base)
	return function(R, at, room)
		local s = R.data:sub(at + 1, at + room):match("^" .. class .. "+")
		if s then return #s, tonumber(s, base) end
	end
end
codecs.decimal, codecs.hexnum = digits("%d", 10), digits("%x", 16)
function codecs.cstr(R, at, room)
	local e = R.data:find("\0", at + 1, true)
	if e and e <= at + room then return e - at, 0, 0, 1 end
end
function codecs.line(R, at, room)
	local e = R.data:find("\n", at + 1, true)
	if not e or e > at + room or e == at + 1 or byte(R, e - 2) ~= 13 then return nil end
	return e - at, 0, 0, 2
end
local function dns_text(R, at, room)
	local labels, taken, steps, base = {}, nil, 0, R.off
	local stop = at + room
	while true do
		local n = at < stop and byte(R, at)
		steps = steps + 1
		if not n or steps > 128 then return nil end
		if n == 0 then
			return taken or at + 1, #labels > 0 and table.concat(labels, ".") or "."
		elseif n >= 192 then
			local low = at + 1 < stop and byte(R, at + 1)
			if not low then return nil end
			taken = taken or at + 2
			local to = base + (n - 192) * 256 + low
			if to >= at then return nil end
			at, stop = to, #R.data
		elseif n >= 64 or at + 1 + n > stop then
			return nil
		else
			labels[#labels + 1] = R.data:sub(at + 2, at + 1 + n):gsub("[^!-~]", function(c)
				return string.format("\\%03d", c:byte()) -- RFC 1035 section 5.1
			end)
			at = at + 1 + n
		end
	end
end
function codecs.dnsname(R, at, room)
	local to, text = dns_text(R, at, room)
	if to then return to - at, 0, 0, 0, text end
end
codecs.dnsname_plain = codecs.dnsname
-- The Huffman code of HPACK (RFC 7541 appendix B): how many codes have so many bits, and whose they are.
local huff_counts = {
	0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0,
	4
}
local huff_order = {
	48, 49, 50, 97, 99, 101, 105, 111, 115, 116, 32, 37, 45, 46, 47, 51, 52, 53, 54, 55, 56, 57, 61,
	65, 95, 98, 100, 102, 103, 104, 108, 109, 110, 112, 114, 117, 58, 66, 67, 68, 69, 70, 71, 72, 73,
	74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 89, 106, 107, 113, 118, 119, 120, 121,
	122, 38, 42, 44, 59, 88, 90, 33, 34, 40, 41, 63, 39, 43, 124, 35, 62, 0, 36, 64, 91, 93, 126, 94,
	125, 60, 96, 123, 92, 195, 208, 128, 130, 131, 162, 184, 194, 224, 226, 153, 161, 167, 172, 176,
	177, 179, 209, 216, 217, 227, 229, 230, 129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164,
	169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232, 233, 1, 135, 137, 138, 139,
	140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182, 183,
	188, 191, 197, 231, 239, 9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237, 199, 207, 234,
	235, 192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255, 203, 204, 211,
	212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254, 2, 3, 4, 5, 6, 7,
	8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249, 10,
	13, 22, 256
}
local function unpack_huff(s)
	local out, code, first, behind, n = {}, 0, 0, 0, 0
	for i = 1, #s do
		local b = s:byte(i)
		for k = 7, 0, -1 do
			n, code, first = n + 1, code * 2 + floor(b / 2 ^ k) % 2, first * 2
			local here = huff_counts[n]
			if not here then return nil end
			if code - first < here then
				local c = huff_order[behind + code - first + 1]
				if c == 256 then return nil end
				out[#out + 1] = string.char(c)
				code, first, behind, n = 0, 0, 0, 0
			else
				behind, first = behind + here, first + here
			end
		end
	end
	if n < 8 and code == 2 ^ n - 1 then return table.concat(out) end
end
function codecs.hpacktext(R, at, room)
	local first = room > 0 and byte(R, at)
	if not first then return nil end
	local len, head, scale, b = first % 128, 1, 1, 0
	if len == 127 then
		repeat
			if head >= room or head > 4 then return nil end
			b = byte(R, at + head)
			len, scale, head = len + b % 128 * scale, scale * 128, head + 1
		until b < 128
		if b == 0 and head > 2 then return nil end
	end
	if head + len > room then return nil end
	local text = R.data:sub(at + head + 1, at + head + len)
	if first >= 128 then text = unpack_huff(text) end
	if not text then return nil end
	text = text:gsub("[\\%c\128-\255]", function(c)
		return c == "\\" and "\\\\" or string.format("\\x%02x", c:byte())
	end)
	return head + len, 0, 0, 0, text
end

local read_type

-- The bytes do not fit: everything to the bound is one cut node.
local function cut(n, p)
	n.cut = true
	p.pos = p.stop
	n.bits = p.stop - n.bit
	return -1
end
local function clip(n, p, want)
	local have = p.stop > p.pos and floor((p.stop - p.pos) / 8) * 8 or 0
	if want < 0 then want = 0 end
	if want > have then
		n.clipped = true
		return have
	end
	return want
end
local function raw(n, p, stop)
	n.raw, n.cut, n.rec, n.by, n.kids, n.num, n.head, n.tail = true, nil, nil, nil, nil, 0, 0, 0
	p.pos = stop
	n.bits = stop - n.bit
end

local function head_read(R, at, room, x)
	local outer
	local len = 0
	if x.outer then
		len, outer = head_read(R, at, room, x.outer)
		if not len then return nil end
	end
	local before = len
	if #x.mark > 0 then
		if room - len < #x.mark or R.data:sub(at + len + 1, at + len + #x.mark) ~= x.mark then
			return nil
		end
		len = len + #x.mark
	end
	local value
	local ty = x.prefix
	if ty.bits > 0 then
		if room - len < ty.bits / 8 then return nil end
		value = read_number(R, ty, (at + len) * 8, ty.bits)
		len = len + ty.bits / 8
	else
		if room - len < 1 then return nil end
		local n, v = codecs[ty.kind](R, at + len, room - len)
		if not n then return nil end
		len, value = len + n, v
	end
	if outer and x.form ~= "prefix_count" and outer ~= len - before + value then return nil end
	return len, value
end
local function read_prefix(R, n, p, x)
	local have = p.stop > p.pos and floor((p.stop - p.pos) / 8) or 0
	if p.pos % 8 ~= 0 then return nil end
	local len, value = head_read(R, p.pos / 8, have, x)
	if not len then return nil end
	p.pos = p.pos + len * 8
	n.head = len
	return value
end

local function read_leaf(R, n, ty, p, inst)
	local x, at = ty.ext, floor(p.pos / 8)
	local have = p.stop > p.pos and floor((p.stop - p.pos) / 8) or 0
	if x.form == "until_text" then
		local e = R.data:find(x.stop, at + 1, true)
		if not e or e - 1 + #x.stop > at + have then return cut(n, p) end
		n.tail = #x.stop
		if ty.codec then
			local used, v = codecs[ty.kind](R, at, e - 1 - at)
			if used ~= e - 1 - at then return cut(n, p) end
			n.num = v
		end
		p.pos = p.pos + (e - 1 - at + #x.stop) * 8
	elseif x.form == "wide" then
		local head = x.expr(inst)
		local w = x.wide[head]
		n.num = head
		if w then
			if p.stop - p.pos < w.bits then return cut(n, p) end
			n.num = read_number(R, w, p.pos, w.bits) + w.add
			p.pos = p.pos + w.bits
		end
	elseif x.form == "implied" then
		return cut(n, p)
	elseif x.form ~= "kind" then
		local want
		if x.form == "rest" then
			if x.mark then
				if R.data:sub(at + 1, at + #x.mark) ~= x.mark or have < #x.mark then return cut(n, p) end
				n.head, p.pos = #x.mark, p.pos + #x.mark * 8
			end
			want = p.stop > p.pos and p.stop - p.pos or 0
			if x.expr then want = math.max(want - x.expr(n) * 8, 0) end
		elseif x.form == "prefix" then
			want = read_prefix(R, n, p, x)
			if not want then return cut(n, p) end
			want = want * 8
		elseif x.form == "before" or x.form == "while" then
			want = 0
			while want < p.stop - p.pos and
			      not x.stop:find(R.data:sub(at + want / 8 + 1, at + want / 8 + 1), 1, true) ==
			      (x.form == "before") do
				want = want + 8
			end
		else
			want = x.expr(inst) * 8
		end
		if ty.number then
			if want < 0 or want > 64 or want > p.stop - p.pos then return cut(n, p) end
			n.num = read_number(R, ty, p.pos, want)
			p.pos = p.pos + want
		else
			if x.fixed and want > p.stop - p.pos then return cut(n, p) end
			p.pos = p.pos + clip(n, p, want)
		end
	elseif ty.bits > 0 then
		if p.stop - p.pos < ty.bits then return cut(n, p) end
		if ty.number then n.num = read_number(R, ty, p.pos, ty.bits) end
		p.pos = p.pos + ty.bits
	else
		if p.pos % 8 ~= 0 or p.pos >= p.stop then return cut(n, p) end
		local used, v, head, tail, text = codecs[ty.kind](R, at, have)
		if not used then return cut(n, p) end
		n.num, n.head, n.tail, n.text = v, head, tail, text
		p.pos = p.pos + used * 8
	end
	-- Counted from the same field of the item before.
	local items = n.f.since and inst.up and inst.up.ty and inst.up.ty.form == "list" and inst.up.kids
	local prior = items and items[#items]
	if prior and prior.rec == inst.rec and prior.by[n.f.name] then
		n.num = n.num + prior.by[n.f.name].num
	end
	n.bits = p.pos - n.bit
	return 0
end

local function read_pad(n, ty, p, bounded)
	local over = (p.pos - p.start) % (ty.bits * 8)
	local want = over > 0 and ty.bits * 8 - over or 0
	local have = p.stop > p.pos and p.stop - p.pos or 0
	p.pos = p.pos + ((bounded or want > have) and have or want)
	n.bits = p.pos - n.bit
	return 0
end

local function read_item(R, list, ty, p, exact)
	local start = p.pos
	local rc, n = read_type(R, list, list.f, ty, p, exact)
	n.index = #list.kids
	list.kids[n.index + 1] = n
	if rc < 0 or (exact and p.pos ~= p.stop) then
		raw(n, p, p.stop)
		return 1, n
	end
	return p.pos == start and 2 or 0, n
end

local function read_line(R, list, ty, p)
	local at, stop = p.pos / 8, p.stop / 8
	local lf = R.data:find("\n", at + 1, true)
	if lf and lf > stop then lf = nil end
	local len, tail = (lf and lf - 1 or stop) - at, lf and 1 or 0
	if lf and len > 0 and byte(R, at + len - 1) == 13 then len, tail = len - 1, 2 end
	if lf and R.data:sub(at + 1, at + len) == ty.ext.stop then
		p.pos = p.pos + (len + tail) * 8
		list.tail = len + tail
		return 1
	end
	local line = { pos = p.pos, stop = p.pos + len * 8, start = p.pos, bounded = true }
	local _, n = read_item(R, list, ty.item, line, true)
	if tail ~= 2 and (lf or ty.ext.stop) and not n.raw then raw(n, line, line.stop) end
	n.bits = n.bits + tail * 8
	if not n.raw then n.tail = tail end
	p.pos = line.stop + tail * 8
	return lf and 0 or 1
end

local function read_block(R, list, ty, p)
	local stop = math.min(p.stop, p.pos + ty.ext.expr(list) * 8)
	read_item(R, list, ty.item, { pos = p.pos, stop = stop, start = p.pos, bounded = true }, true)
	p.pos = stop
	return 0
end

local function read_list(R, n, ty, p, inst)
	local x, count = ty.ext, nil
	local sub = { pos = p.pos, stop = p.stop, start = p.pos }
	if x.form == "learnt" then -- by an earlier packet, of which nothing is known here
		return cut(n, p)
	elseif x.form == "count" then
		count = math.max(x.expr(inst), 0)
	elseif x.form == "rest" then
		if x.expr then sub.stop = math.max(p.stop - x.expr(n) * 8, p.pos) end
	elseif x.form == "bytes" then
		sub.stop = p.pos + clip(n, p, x.expr(inst) * 8)
	elseif x.form == "prefix" or x.form == "prefix_count" then
		local v = read_prefix(R, n, sub, x)
		if not v then return cut(n, p) end
		if x.form == "prefix" then
			sub.stop = sub.pos + clip(n, sub, v * 8)
		else
			count = v
		end
	end
	sub.start = sub.pos
	n.kids = {}
	while sub.pos < sub.stop and (not count or #n.kids < count) do
		local rc, item
		if #n.kids >= 4096 then
			item = node_new(n, n.f, ty.item, sub.pos)
			n.kids[#n.kids + 1] = item
			raw(item, sub, sub.stop)
			break
		end
		if x.form == "lines" then
			rc = read_line(R, n, ty, sub)
		elseif x.form == "blocks" then
			rc = read_block(R, n, ty, sub)
		else
			local was, bad = sub.pos, R.bad
			rc, item = read_item(R, n, ty.item, sub, false)
			if x.form == "until" or x.form == "while" then
				item.R = R
				R.item = item.num
				local holds = rc ~= 1 and x.expr(item) ~= 0
				if x.form == "until" and holds then rc = 1 end
				if x.form == "while" and not holds then
					n.kids[#n.kids], sub.pos, R.bad, rc = nil, was, bad, 1
				end
			end
		end
		if rc ~= 0 then break end
	end
	p.pos = sub.pos
	if (x.form == "bytes" or x.form == "prefix" or (x.form == "rest" and x.expr)) and
	   sub.pos < sub.stop then
		local item = node_new(n, n.f, ty.item, sub.pos)
		n.kids[#n.kids + 1] = item
		raw(item, p, sub.stop)
	end
	n.num = #n.kids
	n.bits = p.pos - n.bit
	return 0
end

local function claims(rule, v)
	if v > 4294967295 or rule.m == 0 then return nil end
	local bytes = floor((v * rule.n + rule.m - 1) / rule.m) - rule.k
	if rule.skip and bytes > rule.before then
		bytes = bytes + floor((bytes - rule.before + rule.room - 1) / rule.room) * rule.skip
	end
	if bytes < 0 or bytes > 2097152 then return nil end
	return bytes * 8
end

-- Where fields up to `to` end at the latest: spans may overlap, the smallest end counts.
local function end_of(stack, to, whole)
	for _, b in ipairs(stack) do
		if b.to >= to and b.stop < whole then whole = b.stop end
	end
	return whole
end

local function open_bound(R, at, len, start, p, stack)
	local n = at.by[len.name]
	if not n or #stack >= 4 or n.cut or n.raw or (len.rule.zero_rest and n.num == 0) then return end
	local claim = claims(len.rule, n.num)
	if not claim or start + claim < p.pos then
		R.bad = true
		return
	end
	if not at.up and R.given and len.from == 0 and len.to + 1 == R.proto.npre and
	   start + claim < p.stop then
		R.bad = true
		return
	end
	local limit = end_of(stack, len.to, stack.whole)
	if start + claim > limit then
		n.clipped = true
	else
		limit = start + claim
	end
	stack[#stack + 1] = { stop = limit, from = len.from, to = len.to }
	p.stop = math.min(p.stop, limit)
end

local function bound_record(R, at, f, n, p)
	local whole, layer = f.whole and at.up or f.head_only and not at.up, f.layer and not at.up
	if not f.rule or f.rule.form ~= "len" or not (whole or (layer and not R.given)) then return end
	if f.rule.zero_rest and n.num == 0 then return end
	local claim = claims(f.rule, n.num)
	if not claim or p.start + claim < p.pos then
		R.bad = true
		return
	end
	if p.start + claim > p.stop then
		n.clipped = true
	else
		p.stop = p.start + claim
	end
	if whole then p.bounded = true end
end

local function read_fields(R, at, rec, from, to, p)
	local stack = { whole = p.stop }
	for i = from, to - 1 do
		local f = rec.fields[i + 1]
		local by = f.bound_by
		while by do
			local len = rec.fields[by + 1]
			if by < i then open_bound(R, at, len, p.pos, p, stack) end
			by = len.bound_also
		end
		local exact = false
		for _, b in ipairs(stack) do exact = exact or (b.to == i and b.from == i) end
		local here = not (f.cond and f.cond(at) == 0) and not (f.optional and p.pos >= p.stop)
		if here and f.optional and f.ty.ext and f.ty.ext.mark and p.pos % 8 == 0 then
			local x = f.ty.ext
			while x.outer do x = x.outer end
			here = R.data:sub(p.pos / 8 + 1, p.pos / 8 + #x.mark) == x.mark
		end
		if here then
			if f.align and (p.pos - p.start) % (f.align * 8) ~= 0 then
				p.pos = p.pos + f.align * 8 - (p.pos - p.start) % (f.align * 8)
			end
			if p.pos > p.stop then
				p.pos = p.stop
				return -1
			end
			local rc, n
			if f.ty.form == "pad" then
				n = node_new(at, f, f.ty, p.pos)
				local last = p.bounded and i + 1 == to
				rc = read_pad(n, f.ty, p, last)
			else
				rc, n = read_type(R, at, f, f.ty, p, exact)
				if exact and (rc < 0 or p.pos ~= p.stop) and
				   (rc < 0 or n.rec or n.ty.form == "leaf") then
					raw(n, p, p.stop)
					rc = 0
				end
			end
			at.by[f.name] = n
			at.kids[#at.kids + 1] = n
			if rc < 0 then return rc end
			if f.rule and f.rule.form == "len" and f.from and f.from <= i then
				local first = at.by[rec.fields[f.from + 1].name]
				if first then open_bound(R, at, f, first.bit, p, stack) end
			elseif f.rule and f.rule.form == "len" then
				local was = p.stop
				bound_record(R, at, f, n, p)
				if p.stop < was then stack.whole = math.min(stack.whole, p.stop) end
			end
		end
		if #stack > 0 then
			for k = #stack, 1, -1 do
				if stack[k].to == i then table.remove(stack, k) end
			end
			p.stop = end_of(stack, 0, stack.whole)
		end
	end
	return 0
end

local function clean(n)
	if n.raw or n.clipped or n.cut then return false end
	for _, k in ipairs(n.kids or {}) do
		if not clean(k) then return false end
	end
	return true
end

local function read_choose(R, up, f, ty, p, inst, exact)
	local function try(arm, must_end, want_clean)
		local sub = { pos = p.pos, stop = p.stop, start = p.start, bounded = p.bounded }
		local was = R.bad
		R.bad = false
		local rc, n = read_type(R, up, f, arm, sub, must_end)
		if want_clean and (R.bad or not clean(n)) then rc = -1 end
		if rc < 0 or (must_end and sub.pos ~= p.stop) then
			R.bad = was
			return nil
		end
		R.bad = R.bad or was
		p.pos = sub.pos
		return n
	end
	local n
	if not ty.on then
		for i, arm in ipairs(ty.arms) do
			n = try(arm.ty, true, i < #ty.arms)
			if n then return 0, n end
		end
	else
		local v, last = ty.on(inst), ty.arms[#ty.arms]
		for _, arm in ipairs(ty.arms) do
			if not arm.lo or (v >= arm.lo and v <= arm.hi) then
				n = try(arm.ty, exact, false)
				if not n and last ~= arm and not last.lo then n = try(last.ty, exact, false) end
				break
			end
		end
		if n then return 0, n end
	end
	n = node_new(up, f, ty, p.pos)
	if exact then
		raw(n, p, p.stop)
		return 0, n
	end
	return cut(n, p), n
end

function read_type(R, up, f, ty, p, exact)
	local inst = instance(up)
	if R.depth > 96 or R.work <= 0 then
		local n = node_new(up, f, ty, p.pos)
		return cut(n, p), n
	end
	R.work = R.work - 1
	if ty.form == "choose" then
		R.depth = R.depth + 1
		local rc, n = read_choose(R, up, f, ty, p, inst, exact)
		R.depth = R.depth - 1
		return rc, n
	end
	local n = node_new(up, f, ty, p.pos)
	local rc
	n.R = R
	R.depth = R.depth + 1
	if ty.form == "leaf" then
		rc = read_leaf(R, n, ty, p, inst)
	elseif ty.form == "list" then
		rc = read_list(R, n, ty, p, inst)
	elseif ty.form == "pad" then
		rc = read_pad(n, ty, p, p.bounded)
	else
		local sub = { pos = p.pos, stop = p.stop, start = p.pos, bounded = exact }
		n.rec, n.by, n.kids = records[ty.rec], {}, {}
		rc = read_fields(R, n, n.rec, 0, #n.rec.fields, sub)
		if rc == 0 and sub.bounded and sub.pos < sub.stop then rc = -1 end
		p.pos = sub.pos
		n.bits = p.pos - n.bit
	end
	R.depth = R.depth - 1
	return rc, n
end

-- The fields of a header at off. given: its extent is known. The root node, and flags in R.
local function decode(P, proto, off, hend, stop, tail, given)
	local R = { P = P, data = P.data, proto = proto, off = off, stop = stop, hlen = hend - off,
		    tail = tail, given = given, depth = 0, work = 2000 + (stop - off) * 4,
		    layer = #P.layers + 1 }
	local root = { rec = proto.rec, by = {}, kids = {}, bit = off * 8, R = R, bits = 0 }
	local p = { pos = off * 8, stop = hend * 8, start = off * 8 }
	local rc = read_fields(R, root, proto.rec, 0, proto.npre, p)
	if not given then
		if p.bounded and rc == 0 then p.pos = p.stop end
		R.hlen = floor((p.pos + 7) / 8) - off
	end
	R.short = rc < 0
	if rc == 0 and tail > 0 then
		local after = { pos = (stop - tail) * 8, stop = stop * 8, start = off * 8 }
		read_fields(R, root, proto.rec, proto.npre, #proto.rec.fields, after)
	end
	return root
end

-- ---- layers ----

local function measure(P, proto, off, stop)
	local outer, root = stop, decode(P, proto, off, stop, stop, 0, false)
	local m = { stop = stop }
	local layer_end, payload_end
	local function ends(after)
		for _, e in ipairs(proto.ends) do
			local claim
			if layer_end or payload_end then return end
			if (e.form == "after") == after then
				if e.message then
					claim = e.message(root)
					if claim <= 0 then claim = nil end
				else
					local n = root.by[e.field.name]
					if n and not n.cut and not n.raw and
					   not (e.field.rule.zero_rest and n.num == 0) then
						claim = claims(e.field.rule, n.num)
						claim = claim and claim / 8 or W
					end
				end
				if claim and e.form == "after" then claim = claim + m.hlen end
				if claim and (e.form == "payload" or e.form == "whole") then
					local first = e.first and root.by[e.first]
					claim = claim + (e.start or (first and floor(first.bit / 8) - off) or root.R.hlen)
				end
				if claim and (claim < proto.min or claim > stop - off) then
					m.bad = not (proto.message and claim > stop - off)
				elseif claim then
					if e.form == "layer" or e.form == "whole" then layer_end = claim else payload_end = claim end
				end
			end
		end
	end
	ends(false)
	if layer_end or payload_end then
		stop = off + (layer_end or payload_end)
		root = decode(P, proto, off, stop, stop, 0, false)
	end
	m.hlen = proto.rest and stop - off or root.R.hlen
	m.short = root.R.short
	ends(true)
	local tail = 0
	if proto.tail_pad then
		tail = payload_end and (proto.tail_pad - payload_end % proto.tail_pad) % proto.tail_pad or 0
	else
		for i = proto.npre, #proto.rec.fields - 1 do
			local f = proto.rec.fields[i + 1]
			if not f.cond or f.cond(root) ~= 0 then
				local x = f.ty.ext
				local w = f.width or x and x.form == "bytes" and math.max(x.expr(root), 0) * 8
				if not w and payload_end then
					tail = 65535 * 8
				elseif w and not f.optional then
					tail = tail + w
				end
			end
		end
		tail = math.min(floor((tail + 7) / 8), 65535)
	end
	if payload_end then
		if tail > outer - off - payload_end then tail = outer - off - payload_end end
		m.payload_end = off + payload_end
		m.stop = off + payload_end + tail
	else
		if tail > stop - off - m.hlen then tail = 0 end
		m.payload_end, m.stop = stop - tail, stop
	end
	-- What stands beside others ends with its fields, where nothing else says so.
	if proto.beside and not proto.payload and not layer_end and not payload_end then
		m.stop = math.min(m.stop, off + m.hlen)
	end
	m.tail = tail
	return m, root
end

local follow

-- Does what the layer on trial says of those above it hold, with proto above it?
local function above(P, proto, off, stop)
	local low, n = P.trial, #P.layers
	P.layers[n + 1] = { proto = proto, root = decode(P, proto, off, math.min(off + proto.min, stop), stop, 0, true) }
	low.root.R.layer = n + 2
	local ok = low.proto.through(low.root) ~= 0
	P.layers[n + 1] = nil
	return ok
end

-- Is there somebody who fits over proto? Where nothing of it is there, nobody can tell.
local function carries_one(P, proto, off, stop)
	local m = measure(P, proto, off, stop)
	local from, to = off + m.hlen, m.payload_end
	if m.short or from >= to then return true end
	local l = { proto = proto, root = decode(P, proto, off, from, m.stop, m.tail, true) }
	local n = #P.layers
	P.layers[n + 1], P.trial = l, l
	local ok = follow(P, l, from, to)
	P.layers[n + 1], P.trial = nil, nil
	return ok
end

local function fits(P, proto, off, stop)
	if off >= stop then return false end
	if proto.guard and proto.guard(decode(P, proto, off, stop, stop, 0, false)) == 0 then return false end
	if P.trial then return above(P, proto, off, stop) end
	return not proto.through or carries_one(P, proto, off, stop)
end

local function bound(space, value, P, off, stop)
	for _, b in ipairs(protos.spaces[space] or {}) do
		if value >= b.lo and value <= b.hi and fits(P, b.proto, off, stop) then return b.proto end
	end
end

-- What stands in the payload of the layer just read.
function follow(P, l, off, stop)
	local proto, root = l.proto, l.root
	for _, c in ipairs(proto.carries or {}) do
		if not c.cond or c.cond(root) ~= 0 then
			for _, name in ipairs(c) do
				local n = root.by[name]
				local next = n and not n.cut and not n.raw and bound(c.space, n.num, P, off, stop)
				if next then return next end
			end
		end
	end
	for _, up in ipairs(protos.always[proto.name] or {}) do
		if fits(P, up, off, stop) then return up end
	end
	if P.trial then return nil end
	for _, g in ipairs(protos.guesses) do
		local may = not g.over[1]
		for _, o in ipairs(g.over) do
			for _, c in ipairs(proto.carries or {}) do may = may or o[1] == c.space end
		end
		if may and fits(P, g, off, stop) and
		   (not g.guess or g.guess(decode(P, g, off, stop, stop, 0, false)) ~= 0) then
			return g
		end
	end
end

-- ---- sums ----

local function sum_inet(s)
	local sum = 0
	if #s % 2 == 1 then s = s .. "\0" end
	for i = 1, #s, 2 do sum = sum + s:byte(i) * 256 + s:byte(i + 1) end
	while sum > 65535 do sum = sum % 65536 + floor(sum / 65536) end
	return 65535 - sum
end
local function reflect(v, n)
	local r = 0
	for _ = 1, n do r, v = r * 2 + v % 2, floor(v / 2) end
	return r
end
local function sum_crc(s, a)
	local crc, top, mod = a.init, 2 ^ (a.bits - 1), 2 ^ a.bits
	for i = 1, #s do
		local b = s:byte(i)
		if a.refin then b = reflect(b, 8) end
		crc = bxor(crc, b * 2 ^ (a.bits - 8))
		for _ = 1, 8 do
			local out = crc >= top
			crc = crc * 2 % mod
			if out then crc = bxor(crc, a.poly) end
		end
	end
	if a.refout then crc = reflect(crc, a.bits) end
	return bxor(crc, a.xorout)
end

local function pseudo_bytes(P, index)
	for i = index - 1, 1, -1 do
		local low = P.layers[i]
		if low.proto.pseudo then
			local out, up = {}, P.layers[index]
			for _, it in ipairs(low.proto.pseudo) do
				if it.field then
					local at, n = node_bytes(P, low.root.by[it.field])
					for k = i + 1, index - 1 do
						for _, o in ipairs(P.layers[k].proto.pseudo_over or {}) do
							local root = P.layers[k].root
							if o.field == it.field and (not o.cond or o.cond(root) ~= 0) then
								local node = root.by[o.list]
								if node.kids then node = node.kids[#node.kids] end
								at, n = node_bytes(P, node)
							end
						end
					end
					out[#out + 1] = P.data:sub(at + 1, at + n)
				else
					local v = it.num
					if it.upper then
						v = 0
						for _, o in ipairs(up.proto.over) do
							for _, c in ipairs(low.proto.carries or {}) do
								if o[1] == c.space and v == 0 then v = o[2] end
							end
						end
					elseif it.span then
						v = up.stop - up.off
					end
					for shift = it.bits - 8, 0, -8 do
						out[#out + 1] = string.char(floor(v / 2 ^ shift) % 256)
					end
				end
			end
			return table.concat(out)
		end
	end
	return ""
end

-- What a checksum field should hold; nil: it cannot be told.
local function sum_want(P, index, inst, f, n)
	local l, a = P.layers[index], f.rule.algo
	local parts, at, bytes = {}, floor(n.bit / 8), floor(n.bits / 8)
	local function take(from, to)
		local s = P.data:sub(from + 1, to)
		if at >= from and at + bytes <= to then
			s = s:sub(1, at - from) .. ("\0"):rep(bytes) .. s:sub(at - from + bytes + 1)
		end
		parts[#parts + 1] = s
	end
	local from, to = floor(inst.bit / 8), floor((inst.bit + inst.bits) / 8)
	if not inst.up then from, to = l.off, l.stop end
	for _, s in ipairs(f.rule.spans) do
		if s == "pseudo" then
			parts[#parts + 1] = pseudo_bytes(P, index)
		elseif s == "all" then
			take(from, to)
		elseif s == "header" then
			take(from, inst.up and to or l.off + l.hlen)
		elseif s == "payload" then
			take(l.off + l.hlen, l.stop - l.tail)
		else
			local lo, hi
			for i = s[1], s[2] do
				local k = inst.by[inst.rec.fields[i + 1].name]
				if k then
					lo = lo and math.min(lo, k.bit) or k.bit
					hi = math.max(hi or 0, k.bit + k.bits)
				end
			end
			if lo then take(floor(lo / 8), floor((hi + 7) / 8)) end
		end
	end
	local all = table.concat(parts)
	if a.form == "inet" then return sum_inet(all) end
	if a.form == "crc" then return sum_crc(all, a) end
	if a.form == "sum8" or a.form == "xor8" then
		local v = 0
		for i = 1, #all do
			v = a.form == "sum8" and (v + all:byte(i)) % 256 or bxor(v, all:byte(i))
		end
		return v
	end
end

-- ---- the tree ----

local ftypes = {}

local function register(proto)
	local fields, seen = {}, {}
	local function add(f, ty)
		local t = ty.show
		local key = t .. ":" .. f.qname
		if seen[key] then return end
		local abbr = seen[f.qname] and f.qname .. "." .. t or f.qname
		seen[f.qname], seen[key] = true, true
		local make, pf = ProtoField[t], nil
		if t:match("^u?int") then
			pf = make(proto.prefix .. abbr, f.name, f.hex and base.HEX or base.DEC, f.words)
		elseif t == "absolute_time" then
			pf = make(proto.prefix .. abbr, f.name, base.UTC)
		else
			pf = make(proto.prefix .. abbr, f.name)
		end
		ftypes[key], fields[#fields + 1] = pf, pf
	end
	local done = {}
	local visit
	local function visit_type(f, ty)
		if ty.form == "leaf" then
			add(f, ty)
		elseif ty.form == "list" then
			visit_type(f, ty.item)
		elseif ty.form == "choose" then
			for _, arm in ipairs(ty.arms) do visit_type(f, arm.ty) end
		elseif ty.form == "struct" then
			visit(records[ty.rec])
		end
		add(f, { show = "bytes" })
	end
	function visit(rec)
		if done[rec] then return end
		done[rec] = true
		for _, f in ipairs(rec.fields) do visit_type(f, f.ty) end
	end
	visit(proto.rec)
	return fields
end

local function range_of(P, n)
	local from = floor(n.bit / 8)
	local to = floor((n.bit + n.bits + 7) / 8)
	return P.tvb(from, math.min(to, P.tvb:len()) - from)
end

local function show(P, index, tree, n)
	local f, ty = n.f, n.ty
	if n.bits == 0 and not (ty.form == "leaf" and ty.shown_empty) and not (n.rec and #n.kids > 0) then return end
	local range = range_of(P, n)
	local doc = f.doc
	if n.raw or n.cut then
		tree:add(ftypes["bytes:" .. f.qname], range)
			:add_proto_expert_info(P.expert, "the bytes do not fit the description")
		return
	end
	if n.rec then
		local sub = tree:add(range, f.name)
		for _, k in ipairs(n.kids) do show(P, index, sub, k) end
	elseif ty.form == "list" then
		local sub = tree:add(range, f.name .. ": " .. #n.kids .. (#n.kids == 1 and " item" or " items"))
		for _, k in ipairs(n.kids) do show(P, index, sub, k) end
		return
	elseif ty.form == "pad" then
		tree:add(ftypes["bytes:" .. f.qname], range)
	elseif ty.form == "leaf" then
		local pf, item = ftypes[ty.show .. ":" .. f.qname], nil
		local from, len = node_bytes(P, n)
		if ty.show == "string" then
			item = tree:add(pf, P.tvb(floor(n.bit / 8), floor((n.bits + 7) / 8)), n.text or said[ty.kind] and said[ty.kind](text_of(P, n), ty) or text_of(P, n))
		elseif ty.show == "bytes" then
			item = len > 0 and tree:add(pf, P.tvb(from, len)) or nil
		elseif ty.show == "absolute_time" then
			item = tree:add(pf, range, NSTime.new(n.num, 0))
		elseif ty.show == "uint64" or ty.show == "int64" then
			if n.bit % 8 == 0 and n.bits == 64 and len == 8 and not ty.ext.wide then
				item = ty.le and tree:add_le(pf, range) or tree:add(pf, range)
			else
				item = tree:add(pf, range, (ty.show == "int64" and Int64 or UInt64).new(n.num % W, floor(n.num / W) % W))
			end
		elseif ty.number and ty.show ~= "float" and ty.show ~= "double" then
			item = tree:add(pf, range, n.num)
		else
			item = ty.le and tree:add_le(pf, range) or tree:add(pf, range)
		end
		if item and f.rule and f.rule.form == "sum" and not P.excerpt then
			local want = sum_want(P, index, instance(n.up), f, n)
			if want and n.num == 0 and f.rule.zero_none then
				item:append_text(" [none]")
			elseif want and want ~= n.num and
			       not (want == 0 and f.rule.zero_none and n.num == 2 ^ n.bits - 1) then
				item:append_text(string.format(" [should be 0x%x]", want))
				item:add_proto_expert_info(P.expert, string.format("%s should be 0x%x", f.name, want))
			end
		end
		if item and f.must then
			for _, m in ipairs(f.must) do
				if m[1](n.up) == 0 then
					item:add_proto_expert_info(P.expert, f.name .. ": must be " .. m[2])
				end
			end
		end
		if item and n.clipped then
			item:add_proto_expert_info(P.expert, f.name .. " says more than there is")
		end
	end
	if n.clipped and f.rule and ty.form ~= "leaf" then
		tree:add_proto_expert_info(P.expert, f.name .. " says more than there is")
	end
end

local function one_layer(P, proto, off, stop, pinfo, root_tree)
	local m = measure(P, proto, off, stop)
	if m.hlen == 0 and m.tail == 0 then return nil end
	local root = decode(P, proto, off, off + m.hlen, m.stop, m.tail, true)
	local l = { proto = proto, off = off, stop = m.stop, hlen = m.hlen, tail = m.tail, root = root }
	root.bits = (m.stop - off) * 8
	P.layers[#P.layers + 1] = l
	local filled = proto.payload and m.stop or off + m.hlen
	local tree = root_tree:add(proto.w, P.tvb(off, math.min(filled, P.tvb:len()) - off))
	P.expert = proto.expert
	pinfo.cols.protocol = proto.w.name
	for _, n in ipairs(root.kids) do show(P, #P.layers, tree, n) end
	if m.bad or root.R.bad then
		tree:add_proto_expert_info(proto.expert, "a length says other than there is")
	end
	return l, off + m.hlen, m.payload_end, m.short
end

local function run(P, proto, off, stop, pinfo, tree)
	while proto and #P.layers < 32 do
		local l, from, to, short = one_layer(P, proto, off, stop, pinfo, tree)
		if not l or short then return end
		if from < to and proto.payload then
			local quoted = proto.quotes and proto.quotes(l.root) ~= 0
			if proto.opaque and proto.opaque(l.root) ~= 0 then
				proto = nil
			else
				if quoted or (proto.excerpt and proto.excerpt(l.root) ~= 0) then P.excerpt = true end
				if quoted and proto.quoted then
					proto = protos[proto.quoted]
				else
					proto = follow(P, l, from, to)
				end
				if not proto then
					for _, c in ipairs(l.proto.carries or {}) do
						local ok, t = pcall(DissectorTable.get, c.space)
						local n = l.root.by[c[1]]
						if ok and t and n and t:get_dissector(n.num) then
							t:get_dissector(n.num):call(P.tvb(from, to - from):tvb(), pinfo, tree)
							return
						end
					end
				end
			end
			if proto and proto.beside and not quoted then
				local up, up_to = l, to
				while from < up_to and proto and #P.layers < 32 do
					local item, next_from, next_to, cut_short = one_layer(P, proto, from, up_to, pinfo, tree)
					if not item or cut_short then return end
					if item.stop <= from then return end
					if next_from < next_to and proto.payload then
						local inner = follow(P, item, next_from, next_to)
						if inner then
							local depth = #P.layers
							run(P, inner, next_from, next_to, pinfo, tree)
						end
					end
					from = item.stop
					proto = from < up_to and follow(P, up, from, up_to)
					if proto and not proto.beside then return end
				end
				return
			end
			if not proto then
				Dissector.get("data"):call(P.tvb(from, to - from):tvb(), pinfo, tree)
				return
			end
			off, stop = from, to
		else
			return
		end
	end
end

local function start(proto)
	return function(tvb, pinfo, tree)
		local P = { tvb = tvb, data = tvb:raw(), layers = {} }
		for _, p in ipairs(proto.instead or { proto }) do
			if fits(P, p, 0, tvb:len()) then
				run(P, p, 0, tvb:len(), pinfo, tree)
				break
			end
		end
		return tvb:len()
	end
end

-- ---- what the tables below call ----

-- Link types by Wireshark's names of them.
local LINKS = {
	[0] = "NULL", [1] = "ETHERNET", [9] = "PPP", [50] = "PPP", [101] = "RAW_IP", [104] = "CHDLC",
	[105] = "IEEE_802_11", [119] = "IEEE_802_11_PRISM", [163] = "IEEE_802_11_AVS",
	[113] = "SLL", [127] = "IEEE_802_11_RADIOTAP", [187] = "BLUETOOTH_H4",
	[189] = "USB_LINUX", [192] = "PPI", [195] = "IEEE802_15_4", [201] = "BLUETOOTH_H4_WITH_PHDR",
	[204] = "PPP_WITH_PHDR", [215] = "IEEE802_15_4_NONASK_PHY", [220] = "USB_LINUX_MMAPPED",
	[227] = "SOCKETCAN", [228] = "RAW_IP4", [229] = "RAW_IP6", [230] = "IEEE802_15_4_NOFCS",
	[239] = "NFLOG", [253] = "NETLINK", [271] = "VSOCK", [276] = "SLL2",
}

local function finish()
	protos.spaces, protos.always, protos.guesses = {}, {}, {}
	for _, r in ipairs(records) do
		r.has = {}
		for _, f in ipairs(r.fields) do r.has[f.name] = true end
	end
	for _, p in ipairs(order) do
		p.rec = records[p.rec]
		for _, o in ipairs(p.over) do
			if o.lower then
				protos.always[o.lower] = protos.always[o.lower] or {}
				table.insert(protos.always[o.lower], p)
			else
				protos.spaces[o[1]] = protos.spaces[o[1]] or {}
				table.insert(protos.spaces[o[1]], { lo = o[2], hi = o[3], proto = p })
			end
		end
		if p.guess or (p.guard and #p.over == 0) then table.insert(protos.guesses, p) end
		for _, e in ipairs(p.ends) do
			if type(e.field) == "string" then
				for _, f in ipairs(p.rec.fields) do
					if f.name == e.field then e.field = f break end
				end
			end
		end
	end
	for _, p in ipairs(order) do
		local ok, w = pcall(Proto.new, p.name, p.title)
		p.prefix = ""
		if not ok then
			p.prefix = "strata."
			w = Proto.new("strata." .. p.name, p.title .. " (strata, " .. p.name .. ")")
		end
		p.w = w
		p.expert = ProtoExpert.new(p.prefix .. p.name .. ".strata_note", "Note", expert.group.MALFORMED,
					   expert.severity.WARN)
		w.experts = { p.expert }
		w.fields = register(p)
		w.dissector = start(p)
	end
	local carried = {}
	for _, p in ipairs(order) do
		for _, c in ipairs(p.carries or {}) do carried[c.space] = true end
	end
	local first = {}
	for _, p in ipairs(order) do
		for _, o in ipairs(p.over) do
			local name, value = o[1], o[2]
			if name == "link" then
				name, value = "wtap_encap", LINKS[value] and wtap_encaps[LINKS[value]]
			end
			if name and value and not carried[o[1]] then
				local ok, t = pcall(DissectorTable.get, name)
				local to = o[1] == "link" and value or math.min(o[3], value + 65535)
				for v = value, ok and t and to or value - 1 do
					-- Of several for one value the first whose guard holds.
					local key = name .. "=" .. v
					local f = first[key]
					if f then
						f.instead = f.instead or { f }
						table.insert(f.instead, p)
					else
						first[key] = p
						t:add(v, p.w)
					end
				end
			end
		end
	end
end

