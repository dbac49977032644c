"""The one step that must not be torn: exchanging a refresh token."""

# KEYS: session, ended mark.
# ARGV: presented, next, wrapped, token id, now, grace, lifetime, mark lifetime, index prefix, session id; times in s.
ROTATE = """
local s = redis.call('HMGET', KEYS[1], 'user', 'current', 'previous', 'rotated_at', 'wrapped', 'token_id')
if not s[1] then return {'gone'} end
local now = tonumber(ARGV[5])
local index = ARGV[9] .. s[1]
if s[2] == ARGV[1] then
  redis.call('HSET', KEYS[1], 'current', ARGV[2], 'previous', ARGV[1], 'wrapped', ARGV[3], 'token_id', ARGV[4],
             'rotated_at', ARGV[5])
  redis.call('EXPIRE', KEYS[1], ARGV[7])
  redis.call('ZADD', index, now, ARGV[10])
  redis.call('EXPIRE', index, ARGV[7])
  return {'rotated', ARGV[3], ARGV[4], ARGV[5]}
end
if s[3] == ARGV[1] and now - tonumber(s[4]) <= tonumber(ARGV[6]) then
  return {'repeated', s[5], s[6], s[4]}
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', index, ARGV[10])
redis.call('SET', KEYS[2], 'reused', 'EX', ARGV[8])
return {'reused'}
"""
