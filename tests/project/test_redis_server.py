"""The Redis that other tests lean on."""

import redis


def test_a_restart_keeps_the_data(redis_server, redis_url):
    with redis.Redis.from_url(redis_url) as client:
        client.set("kept", "yes")
    redis_server.stop()
    redis_server.start()
    with redis.Redis.from_url(redis_url) as client:
        assert client.get("kept") == b"yes"


def test_a_paused_server_answers_nothing(redis_server, redis_url):
    with redis.Redis.from_url(redis_url, socket_timeout=0.2, retry=None) as client:
        redis_server.pause()
        try:
            client.ping()
            answered = True
        except redis.TimeoutError:
            answered = False
        redis_server.resume()
    assert not answered
