#!/usr/bin/env escript
%% Written by Longhouse (role rabbitmq). Whether RabbitMQ would accept its configuration files: exit status 1 and a line
%% for each mistake when not. Reads them as its start does, with the schemas and the library that come with it.
-mode(compile).

main([]) ->
    [Plugins] = filelib:wildcard("/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins"),
    Code = filelib:wildcard(Plugins ++ "/{cuttlefish,rabbit,rabbit_common,rabbitmq_prelaunch}-*/ebin"),
    ok = code:add_pathsa(Code),
    ok = logger:set_primary_config(level, none),
    Schema = accepted(cuttlefish_schema:files(filelib:wildcard(Plugins ++ "/*/priv/schema/*.schema"))),
    Files = filelib:wildcard("/etc/rabbitmq/rabbitmq.conf") ++ filelib:wildcard("/etc/rabbitmq/conf.d/*.conf"),
    Settings = accepted(cuttlefish_conf:files(Files)),
    accepted(cuttlefish_generator:map(Schema, Settings)).

accepted({error, _Phase, Errors}) -> accepted(Errors);
accepted({errorlist, Errors}) ->
    [io:format(standard_error, "~ts~n", [cuttlefish_error:xlate(Error)]) || {error, Error} <- Errors],
    halt(1);
accepted(Good) -> Good.
